#include "meeting_sync/adapters/directory_users.h"

#include "crosspoint/directory/v1/directory_service.pb.h"

namespace crosspoint::meeting_sync {
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

OutlookUse OutlookUseFrom(v1::OutlookUse use) {
  switch (use) {
    case v1::OUTLOOK_USE_AUTO:
      return OutlookUse::kAuto;
    case v1::OUTLOOK_USE_YES:
      return OutlookUse::kYes;
    case v1::OUTLOOK_USE_NO:
      return OutlookUse::kNo;
    default:
      return OutlookUse::kUnset;
  }
}

}  // namespace

void DirectoryUsers::Put(const UserId& id, const v1::User& user) {
  book_.Put({.user = id,
             .address = user.email(),
             .binding = BindingFrom(user.mailbox_binding()),
             .deleted = user.has_delete_time(),
             .outlook_use = OutlookUseFrom(user.outlook_use()),
             .display_name = user.display_name(),
             .aliases = {user.aliases().begin(), user.aliases().end()}});
}

}  // namespace crosspoint::meeting_sync
