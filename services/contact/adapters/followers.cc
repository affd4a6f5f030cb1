#include "contact/adapters/followers.h"

#include "crosspoint/directory/v1/directory_service.pb.h"

namespace crosspoint::contact {
namespace {

Binding BindingOf(directory::v1::MailboxBinding binding) {
  switch (binding) {
    case directory::v1::MAILBOX_BINDING_EWS:
      return Binding::kEws;
    case directory::v1::MAILBOX_BINDING_GRAPH:
      return Binding::kGraph;
    case directory::v1::MAILBOX_BINDING_NONE:
      return Binding::kNone;
    default:
      return Binding::kDefault;
  }
}

}  // namespace

void DirectoryListener::Put(const UserId& id, const directory::v1::User& user) {
  const auto mailbox = users_.Put({.id = id,
                                   .email = user.email(),
                                   .binding = BindingOf(user.mailbox_binding()),
                                   .deleted = user.has_delete_time()});
  if (mailbox) reader_.Wake(mailbox->user);
}

void FeedListener::OnChange(const UserId& user, meeting_sync::v1::MailboxFolder folder) {
  if (folder == meeting_sync::v1::MAILBOX_FOLDER_CONTACTS) reader_.Wake(user);
}

}  // namespace crosspoint::contact
