#pragma once

#include <memory>

#include "common/grpcx/methods.h"
#include "contact/app/contacts.h"
#include "contact/app/mailbox_writer.h"
#include "crosspoint/contact/v1/contact_service.pb.h"

namespace crosspoint::contact {

namespace v1 = ::crosspoint::contact::v1;

// crosspoint.contact.v1.ContactService. Reached only through the Guard. Thread-safe.
class ContactHandler {
 public:
  ContactHandler(Contacts& contacts, Shelf& shelf, MailboxWriter& mailboxes)
      : contacts_(contacts), shelf_(shelf), mailboxes_(mailboxes) {}

  void Bind(grpcx::Methods& methods);

  void UploadContacts(
      const grpcx::Call& call,
      std::shared_ptr<grpcx::ClientStream<v1::UploadContactsRequest, v1::UploadContactsResponse>> stream);
  absl::Status GetUpload(const v1::GetUploadRequest& request, const grpcx::Call& call, v1::Upload& response);
  absl::Status BatchModifyContacts(const v1::BatchModifyContactsRequest& request, const grpcx::Call& call,
                                   v1::BatchModifyContactsResponse& response);
  absl::Status GetContact(const v1::GetContactRequest& request, const grpcx::Call& call, v1::Contact& response);
  absl::Status ListContacts(const v1::ListContactsRequest& request, const grpcx::Call& call,
                            v1::ListContactsResponse& response);
  absl::Status SearchContacts(const v1::SearchContactsRequest& request, const grpcx::Call& call,
                              v1::SearchContactsResponse& response);
  absl::Status LookupNumber(const v1::LookupNumberRequest& request, const grpcx::Call& call,
                            v1::LookupNumberResponse& response);
  absl::Status CreateContact(const v1::CreateContactRequest& request, const grpcx::Call& call, v1::Contact& response);
  absl::Status UpdateContact(const v1::UpdateContactRequest& request, const grpcx::Call& call, v1::Contact& response);
  absl::Status DeleteContact(const v1::DeleteContactRequest& request, const grpcx::Call& call,
                             v1::DeleteContactResponse& response);
  void WatchContacts(const v1::WatchContactsRequest& request, const grpcx::Call& call,
                     std::shared_ptr<grpcx::ServerStream<v1::WatchContactsResponse>> stream);
  absl::Status ImportContacts(const v1::ImportContactsRequest& request, const grpcx::Call& call,
                              v1::ImportContactsResponse& response);
  void ExportContacts(const v1::ExportContactsRequest& request, const grpcx::Call& call,
                      std::shared_ptr<grpcx::ServerStream<v1::ExportContactsResponse>> stream);
  absl::Status GetMailboxSync(const v1::GetMailboxSyncRequest& request, const grpcx::Call& call,
                              v1::MailboxSync& response);
  absl::Status ResolveBrake(const v1::ResolveBrakeRequest& request, const grpcx::Call& call,
                            v1::ResolveBrakeResponse& response);

 private:
  Contacts& contacts_;
  Shelf& shelf_;
  MailboxWriter& mailboxes_;
};

}  // namespace crosspoint::contact
