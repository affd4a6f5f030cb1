#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "tests/story/call.h"
#include "tests/story/chapters.h"

namespace crosspoint::story {
namespace {

namespace directory = ::crosspoint::directory::v1;

absl::Status StartEverything(Stage& stage) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto parts, stage.system().Start());
  for (const auto& part : parts) stage.Say(part);
  return absl::OkStatus();
}

// The story's person has an empty calendar, so that no other meeting begins while it is told.
absl::StatusOr<nlohmann::json> AddAnna(Stage& stage) {
  auto& system = stage.system();
  const nlohmann::json person{{"email", "anna.story@corp.example"},
                              {"display_name", "Anna Story"},
                              {"given_name", "Anna"},
                              {"surname", "Story"},
                              {"department", "Sales"},
                              {"business_phone", "+49 30 23125 999"}};
  CROSSPOINT_RETURN_IF_ERROR(system.Exchange("/sim/mailboxes", person.dump()).status());
  CROSSPOINT_RETURN_IF_ERROR(
      system.Exchange("/sim/photos", R"({"email": "anna.story@corp.example", "present": true})").status());
  return person;
}

absl::Status ImportUsers(Stage& stage) {
  // Every second mailbox owner is a user of the telephony system too; the others are found in the corporate list only.
  CROSSPOINT_ASSIGN_OR_RETURN(const auto mailboxes, stage.system().Exchange("/sim/mailboxes", ""));
  auto answer = nlohmann::json::parse(mailboxes, nullptr, false);
  auto people = answer.is_object() && answer.contains("mailboxes") ? answer["mailboxes"] : answer;
  CROSSPOINT_ASSIGN_OR_RETURN(auto anna, AddAnna(stage));
  people.insert(people.begin(), std::move(anna));
  directory::BatchCreateUsersRequest request;
  request.set_parent(Stage::kTenant);
  for (size_t i = 0; i < people.size(); i += 2) {
    auto& user = *request.add_requests()->mutable_user();
    user.set_display_name(people[i].value("display_name", ""));
    user.set_email(people[i].value("email", ""));
    user.set_extension(std::to_string(2000 + i));
    user.set_mailbox_binding(directory::MAILBOX_BINDING_EWS);
    user.set_outlook_use(directory::OUTLOOK_USE_YES);
  }
  directory::BatchCreateUsersResponse response;
  const auto stub = directory::DirectoryService::NewStub(stage.gateway());
  CROSSPOINT_RETURN_IF_ERROR(Call(&directory::DirectoryService::Stub::BatchCreateUsers, *stub,
                                  stage.As("admin", {"tenant_admin"}), request, response));
  for (const auto& result : response.results()) {
    if (!result.has_user()) return absl::InternalError(result.error().message());
  }
  if (response.results_size() < 2) return absl::InternalError("the company has nobody");
  const auto person = [&response](int index) {
    const auto& user = response.results(index).user();
    return Stage::Person{user.name(), user.email(), user.display_name(), user.extension()};
  };
  stage.anna = person(0);
  stage.other = person(1);
  stage.Say(fmt::format("{} users, each with extension and mailbox", response.results_size()));
  return absl::OkStatus();
}

}  // namespace

bool TellTheBeginning(Stage& stage) {
  return stage.Step("Start: Redis, Exchange simulator, the services, and the gateway before them", [&] {
    return StartEverything(stage);
  }) && stage.Step("Import users of the telephony system", [&] { return ImportUsers(stage); });
}

}  // namespace crosspoint::story
