#include "presence/adapters/directory_emails.h"

#include <string>
#include <vector>

#include "crosspoint/directory/v1/directory_service.pb.h"

namespace crosspoint::presence {

void DirectoryEmails::Put(const UserId& id, const directory::v1::User& user) {
  std::vector<std::string> emails;
  if (!user.has_delete_time()) {
    emails.push_back(user.email());
    emails.insert(emails.end(), user.aliases().begin(), user.aliases().end());
  }
  book_.Put(id, emails);
}

}  // namespace crosspoint::presence
