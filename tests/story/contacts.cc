#include <fmt/format.h>

#include "crosspoint/contact/v1/contact_service.grpc.pb.h"
#include "tests/story/call.h"
#include "tests/story/chapters.h"

namespace crosspoint::story {
namespace {

namespace v1 = ::crosspoint::contact::v1;
using Stub = v1::ContactService::Stub;

struct Entry {
  const char* id;
  const char* name;
  const char* number;  // as the person typed it
};
constexpr Entry kContacts[] = {{"c1", "Bea Brown", "+49 (0)30 23125-101"},
                               {"c2", "Carlos Castillo", "+34 915 550 102"},
                               {"c3", "Dora Dunn", "+1 202-555-0103"}};
constexpr char kCalling[] = "+493023125101";

absl::Status Upload(Stage& stage, Stub& stub, const std::string& upload_id, v1::UploadContactsResponse& response) {
  const auto context = stage.As(stage.anna);
  const auto stream = stub.UploadContacts(context.get(), &response);
  v1::UploadContactsRequest request;
  auto& header = *request.mutable_header();
  header.set_parent(stage.anna.name);
  header.set_source(v1::CONTACT_SOURCE_OUTLOOK);
  header.set_upload_id(upload_id);
  stream->Write(request);
  for (const auto& entry : kContacts) {
    auto& change = *request.mutable_change();
    change.set_source_id(entry.id);
    auto& contact = *change.mutable_upsert();
    contact.Clear();
    contact.set_display_name(entry.name);
    auto& phone = *contact.add_phones();
    phone.set_label("mobile");
    phone.set_number(entry.number);
    stream->Write(request);
  }
  stream->WritesDone();
  return grpcx::FromGrpc(stream->Finish());
}

absl::Status UploadContacts(Stage& stage) {
  const auto stub = v1::ContactService::NewStub(stage.gateway());
  v1::UploadContactsResponse first;
  CROSSPOINT_RETURN_IF_ERROR(Upload(stage, *stub, "story-1", first));
  if (first.created() != std::ssize(kContacts)) return absl::InternalError(first.ShortDebugString());
  v1::UploadContactsResponse again;
  CROSSPOINT_RETURN_IF_ERROR(Upload(stage, *stub, "story-2", again));
  if (again.unchanged() != std::ssize(kContacts)) return absl::InternalError(again.ShortDebugString());
  stage.Say(fmt::format("{} created; sent once more, {} unchanged", first.created(), again.unchanged()));
  return absl::OkStatus();
}

absl::Status NumberFindsAName(Stage& stage) {
  const auto stub = v1::ContactService::NewStub(stage.gateway());
  v1::LookupNumberRequest request;
  request.set_parent(stage.anna.name);
  request.set_number(kCalling);
  v1::LookupNumberResponse response;
  const auto start = Now();
  CROSSPOINT_RETURN_IF_ERROR(Call(&Stub::LookupNumber, *stub, stage.As(stage.anna), request, response));
  if (response.contacts().empty()) return absl::NotFoundError("nobody has the number");
  stage.Say(fmt::format("{} is {}, who was typed as {}; asked and answered in {:.1f} ms", kCalling,
                        response.contacts(0).display_name(), response.contacts(0).phones(0).number(),
                        Millis(Now() - start)));
  return response.contacts(0).display_name() == kContacts[0].name ? absl::OkStatus()
                                                                  : absl::InternalError("that is somebody else");
}

}  // namespace

bool TellOfContacts(Stage& stage) {
  return stage.Step("Upload the person's own contacts from Outlook", [&] { return UploadContacts(stage); }) &&
         stage.Step("Somebody calls: the number finds a name", [&] { return NumberFindsAName(stage); });
}

}  // namespace crosspoint::story
