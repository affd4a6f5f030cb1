#include "voicemail/adapters/directory_users.h"

#include "crosspoint/directory/v1/directory_service.pb.h"

namespace crosspoint::voicemail {
namespace {

namespace v1 = crosspoint::directory::v1;

Binding BindingFrom(v1::MailboxBinding binding) {
  switch (binding) {
    case v1::MAILBOX_BINDING_EWS:
      return Binding::kEws;
    case v1::MAILBOX_BINDING_GRAPH:
      return Binding::kGraph;
    case v1::MAILBOX_BINDING_NONE:
      return Binding::kNone;
    default:
      return Binding::kUnset;
  }
}

}  // namespace

void DirectoryUsers::Put(const UserId& id, const v1::User& user) {
  if (user.has_delete_time()) return book_.Remove(id);
  OwnUser own{.id = id,
              .display_name = user.display_name(),
              .email = user.email(),
              .extension = user.extension(),
              .phones = {},
              .binding = BindingFrom(user.mailbox_binding())};
  for (const auto& phone : user.phones()) own.phones.push_back(phone.number());
  book_.Put(own);
}

void FeedListener::OnChange(const UserId& user, meeting_sync::v1::MailboxFolder folder) {
  if (folder == meeting_sync::v1::MAILBOX_FOLDER_INBOX) keeper_.InboxChanged(user);
  if (folder == meeting_sync::v1::MAILBOX_FOLDER_OTHER) keeper_.OtherFolderChanged(user);
}

}  // namespace crosspoint::voicemail
