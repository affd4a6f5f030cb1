#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "crosspoint/contact/v1/contact_service.grpc.pb.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/mailbox_feed_service.grpc.pb.h"

namespace crosspoint::testing {

// Directory, mailbox feed and contacts on one loopback port.
class FakePeers final {
 public:
  FakePeers();
  ~FakePeers();

  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }
  void AddUser(const std::string& id, const std::string& email, const std::string& extension);
  // The Inbox of the user changed, somebody says.
  void TellInbox(const std::string& user);
  void AddContact(const std::string& number, const std::string& name);

 private:
  class Directory;
  class Feed;
  class Contacts;
  struct State {
    std::mutex mu;
    std::condition_variable changed;
    std::vector<directory::v1::User> users;       // guarded by mu
    std::vector<std::string> inboxes;             // guarded by mu
    std::map<std::string, std::string> contacts;  // guarded by mu
    bool stopping = false;                        // guarded by mu
  };
  State state_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Feed> feed_;
  std::unique_ptr<Contacts> contacts_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace crosspoint::testing
