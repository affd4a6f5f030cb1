#include <fmt/format.h>

#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "tests/story/call.h"
#include "tests/story/chapters.h"

namespace crosspoint::story {
namespace {

namespace directory = ::crosspoint::directory::v1;
using Stub = directory::DirectoryService::Stub;

absl::Status SearchFindsAPersonInBothDirectories(Stage& stage) {
  directory::SearchPeopleRequest request;
  request.set_parent(Stage::kTenant);
  request.set_query("story");
  directory::SearchPeopleResponse response;
  const auto stub = directory::DirectoryService::NewStub(stage.gateway());
  CROSSPOINT_RETURN_IF_ERROR(Call(&Stub::SearchPeople, *stub, stage.As(stage.anna), request, response));
  if (response.partial()) return absl::UnavailableError("the corporate list did not answer");
  stage.Say(fmt::format("\"{}\" finds {} in two directories", request.query(), response.people_size()));
  for (const auto& person : response.people()) {
    if (person.user() != stage.anna.name) continue;
    if (person.phones().empty()) return absl::InternalError("nothing of the corporate list was merged");
    stage.Say(fmt::format("{}: extension {} from our users; {} and department {} from the corporate list",
                          person.display_name(), person.extension(), person.phones(0).number(), person.department()));
    return absl::OkStatus();
  }
  return absl::NotFoundError(stage.anna.name + " is not among them");
}

absl::Status ShowPhoto(Stage& stage) {
  const auto stub = directory::DirectoryService::NewStub(stage.gateway());
  for (const char* time : {"first", "again"}) {
    directory::GetPhotoRequest request;
    request.set_parent(Stage::kTenant);
    request.set_email(stage.anna.email);
    directory::Photo photo;
    const auto start = Now();
    CROSSPOINT_RETURN_IF_ERROR(Call(&Stub::GetPhoto, *stub, stage.As(stage.anna), request, photo));
    stage.Say(fmt::format("{}: {} bytes of {}, etag {}, {:.1f} ms", time, photo.content().size(), photo.content_type(),
                          photo.etag(), Millis(Now() - start)));
  }
  return absl::OkStatus();
}

}  // namespace

bool TellOfSearch(Stage& stage) {
  return stage.Step("Search a person who is in both directories", [&] {
    return SearchFindsAPersonInBothDirectories(stage);
  }) && stage.Step("Fetch the person's photo, twice", [&] { return ShowPhoto(stage); });
}

}  // namespace crosspoint::story
