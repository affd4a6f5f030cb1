#include "contact/api/contact_handler.h"

#include <algorithm>
#include <utility>

#include "common/phone/phone_number.h"
#include "common/status/status.h"
#include "common/text/fold.h"
#include "contact/api/contact_mask.h"
#include "contact/api/contact_watch.h"
#include "contact/api/convert.h"
#include "contact/api/export_stream.h"
#include "contact/api/upload_stream.h"
#include "contact/app/file_import.h"

namespace crosspoint::contact {
namespace {

constexpr int kMaxBatch = 1'000;

absl::StatusOr<size_t> PageSize(int32_t asked, size_t usual, size_t most) {
  if (asked < 0) return InvalidField("page_size", "must not be negative");
  return asked == 0 ? usual : std::min(static_cast<size_t>(asked), most);
}

}  // namespace

void ContactHandler::Bind(grpcx::Methods& methods) {
  methods.ClientStream("UploadContacts", this, &ContactHandler::UploadContacts);
  methods.Unary("GetUpload", this, &ContactHandler::GetUpload);
  methods.Unary("BatchModifyContacts", this, &ContactHandler::BatchModifyContacts);
  methods.Unary("GetContact", this, &ContactHandler::GetContact);
  methods.Unary("ListContacts", this, &ContactHandler::ListContacts);
  methods.Unary("SearchContacts", this, &ContactHandler::SearchContacts);
  methods.Unary("LookupNumber", this, &ContactHandler::LookupNumber);
  methods.Unary("CreateContact", this, &ContactHandler::CreateContact);
  methods.Unary("UpdateContact", this, &ContactHandler::UpdateContact);
  methods.Unary("DeleteContact", this, &ContactHandler::DeleteContact);
  methods.ServerStream("WatchContacts", this, &ContactHandler::WatchContacts);
  methods.Unary("ImportContacts", this, &ContactHandler::ImportContacts);
  methods.ServerStream("ExportContacts", this, &ContactHandler::ExportContacts);
  methods.Unary("GetMailboxSync", this, &ContactHandler::GetMailboxSync);
  methods.Unary("ResolveBrake", this, &ContactHandler::ResolveBrake);
}

void ContactHandler::UploadContacts(
    const grpcx::Call& /*call*/,
    std::shared_ptr<grpcx::ClientStream<v1::UploadContactsRequest, v1::UploadContactsResponse>> stream) {
  UploadStream::Start(contacts_, std::move(stream));
}

absl::Status ContactHandler::GetUpload(const v1::GetUploadRequest& request, const grpcx::Call& call,
                                       v1::Upload& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  if (!IsValidSegment(request.upload_id())) return InvalidField("upload_id", "must be 1 to 63 of a-z, 0-9 and -");
  CROSSPOINT_ASSIGN_OR_RETURN(const auto upload,
                              contacts_.store().GetUpload(owner, request.upload_id(), call.steady_deadline));
  if (!upload) return absl::NotFoundError("no such upload within 24 hours: begin it from the first change");
  response.set_upload_id(upload->id);
  response.set_source(ToProto(upload->source));
  response.set_replace_all(upload->replace_all);
  response.set_received(upload->received);
  response.set_complete(upload->complete);
  if (upload->complete) *response.mutable_result() = ResultOf(*upload);
  return absl::OkStatus();
}

absl::Status ContactHandler::BatchModifyContacts(const v1::BatchModifyContactsRequest& request, const grpcx::Call& call,
                                                 v1::BatchModifyContactsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto source, UploadSource(request.source(), "source"));
  CROSSPOINT_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  if (request.changes().empty() || request.changes_size() > kMaxBatch) {
    return InvalidField("changes", "must be 1 to 1000");
  }
  const auto region = contacts_.RegionOf(owner.tenant);
  std::vector<Contacts::Change> changes;
  for (int i = 0; i < request.changes_size(); ++i) {
    const auto& each = request.changes(i);
    const auto field = "changes[" + std::to_string(i) + "]";
    CROSSPOINT_RETURN_IF_ERROR(CheckSourceId(each.source_id(), field + ".source_id"));
    Contacts::Change change{.source_id = each.source_id(), .facts = std::nullopt};
    if (each.has_upsert()) {
      change.facts = FromProto(each.upsert());
      CROSSPOINT_RETURN_IF_ERROR(Complete(*change.facts, region, field + ".upsert"));
    } else if (!each.delete_()) {
      return InvalidField(field, "must be upsert, or delete: true");
    }
    changes.push_back(std::move(change));
  }
  auto content = request;
  content.clear_request_id();
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto counts, contacts_.Modify(owner, source, std::move(changes), request.request_id(), Fingerprint(content),
                                          call.steady_deadline));
  response.set_created(counts.created);
  response.set_updated(counts.updated);
  response.set_deleted(counts.deleted);
  response.set_unchanged(counts.unchanged);
  return absl::OkStatus();
}

absl::Status ContactHandler::GetContact(const v1::GetContactRequest& request, const grpcx::Call& call,
                                        v1::Contact& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto id, ContactId::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto contact, contacts_.Get(id, call.steady_deadline));
  response = ToProto(id.owner, contact);
  return absl::OkStatus();
}

absl::Status ContactHandler::ListContacts(const v1::ListContactsRequest& request, const grpcx::Call& call,
                                          v1::ListContactsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), 50, 500));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto source, SourceFilter(request.source(), "source"));
  if (!request.page_token().empty() && !IsValidSegment(request.page_token())) {
    return InvalidField("page_token", "must be the next_page_token of an earlier answer, or empty");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto page,
                              contacts_.List(owner, request.page_token(), size, source, call.steady_deadline));
  for (const auto& contact : page.contacts) *response.add_contacts() = ToProto(owner, contact);
  response.set_next_page_token(page.last_id);
  return absl::OkStatus();
}

absl::Status ContactHandler::SearchContacts(const v1::SearchContactsRequest& request, const grpcx::Call& call,
                                            v1::SearchContactsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), 25, 100));
  if (request.query().size() > 256 || !IsCleanUtf8(request.query()) ||
      WordsOf(FoldForSearch(request.query())).empty()) {
    return InvalidField("query", "must be 1 to 256 bytes of text with at least one letter or digit");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, contacts_.Search(owner, request.query(), size, call.steady_deadline));
  for (const auto& contact : found) *response.add_contacts() = ToProto(owner, contact);
  return absl::OkStatus();
}

absl::Status ContactHandler::LookupNumber(const v1::LookupNumberRequest& request, const grpcx::Call& call,
                                          v1::LookupNumberResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  if (request.number().empty() || request.number().size() > phone::kMaxTypedNumber || !IsCleanUtf8(request.number())) {
    return InvalidField("number", "must be a telephone number of 1 to 64 bytes");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, contacts_.LookUp(owner, request.number(), call.steady_deadline));
  for (const auto& contact : found.contacts) *response.add_contacts() = ToProto(owner, contact);
  response.set_e164(found.e164);
  response.set_exact(found.exact);
  return absl::OkStatus();
}

absl::Status ContactHandler::CreateContact(const v1::CreateContactRequest& request, const grpcx::Call& call,
                                           v1::Contact& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  if (!request.contact().name().empty()) {
    return InvalidField("contact.name", "must be empty: the server assigns it");
  }
  auto content = request;
  content.clear_request_id();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto contact,
                              contacts_.Create(owner, FromProto(request.contact()), "contact", request.request_id(),
                                               Fingerprint(content), call.steady_deadline));
  response = ToProto(owner, contact);
  return absl::OkStatus();
}

absl::Status ContactHandler::UpdateContact(const v1::UpdateContactRequest& request, const grpcx::Call& call,
                                           v1::Contact& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto id, ContactId::Parse(request.contact().name(), "contact.name"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto edition, ParseEtag(request.contact().etag(), "contact.etag"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto mask, ContactMask::Parse(request.update_mask()));
  const auto wanted = FromProto(request.contact());
  CROSSPOINT_ASSIGN_OR_RETURN(const auto contact,
                              contacts_.Update(
                                  id, edition, [&](Facts& facts) { mask.Apply(wanted, facts); }, call.steady_deadline));
  response = ToProto(id.owner, contact);
  return absl::OkStatus();
}

absl::Status ContactHandler::DeleteContact(const v1::DeleteContactRequest& request, const grpcx::Call& call,
                                           v1::DeleteContactResponse& /*response*/) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto id, ContactId::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto edition, ParseEtag(request.etag(), "etag"));
  return contacts_.Delete(id, edition, call.steady_deadline);
}

void ContactHandler::WatchContacts(const v1::WatchContactsRequest& request, const grpcx::Call& /*call*/,
                                   std::shared_ptr<grpcx::ServerStream<v1::WatchContactsResponse>> stream) {
  const auto owner = UserId::Parse(request.parent(), "parent");
  if (!owner.ok()) return stream->Finish(owner.status());
  const auto position = WatchPosition::Parse(request.resume_token());
  if (!position.ok()) return stream->Finish(position.status());
  ContactWatch::Start(shelf_, *owner, *position, std::move(stream));
}

absl::Status ContactHandler::ImportContacts(const v1::ImportContactsRequest& request, const grpcx::Call& call,
                                            v1::ImportContactsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto result, ImportFile(contacts_, owner, request.content(), call.steady_deadline));
  response.set_imported(result.imported);
  response.set_unchanged(result.unchanged);
  response.set_refused(result.refused);
  for (const auto& problem : result.problems) response.add_problems(problem);
  return absl::OkStatus();
}

void ContactHandler::ExportContacts(const v1::ExportContactsRequest& request, const grpcx::Call& /*call*/,
                                    std::shared_ptr<grpcx::ServerStream<v1::ExportContactsResponse>> stream) {
  const auto owner = UserId::Parse(request.parent(), "parent");
  if (!owner.ok()) return stream->Finish(owner.status());
  ExportStream::Start(contacts_, *owner, std::move(stream));
}

absl::Status ContactHandler::GetMailboxSync(const v1::GetMailboxSyncRequest& request, const grpcx::Call& /*call*/,
                                            v1::MailboxSync& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto point, mailboxes_.Point(user));
  response = ToProto(user, point);
  return absl::OkStatus();
}

absl::Status ContactHandler::ResolveBrake(const v1::ResolveBrakeRequest& request, const grpcx::Call& /*call*/,
                                          v1::ResolveBrakeResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto point, mailboxes_.ResolveBrake(user, request.proceed()));
  *response.mutable_sync() = ToProto(user, point);
  return absl::OkStatus();
}

}  // namespace crosspoint::contact
