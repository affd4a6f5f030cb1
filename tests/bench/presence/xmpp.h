#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/presence/sides.h"
#include "tests/support/process_usage.h"

namespace crosspoint::bench {

// One logged-in client: TLS from the first byte, SASL PLAIN, a bound resource. Reading and writing may be on two
// threads.
class XmppClient {
 public:
  // Ends the program when the server refuses.
  XmppClient(int port, const std::string& user, SSL_CTX* tls);
  ~XmppClient();
  XmppClient(const XmppClient&) = delete;
  XmppClient& operator=(const XmppClient&) = delete;

  int fd() const { return fd_; }
  void Send(const std::string& text);
  // From now on Read does not wait and hands what comes to `tally`, if there is one.
  void StopWaiting(Tally* tally);
  void Read();

 private:
  std::string ReadUntil(const std::string& what);

  int fd_ = -1;
  std::mutex mu_;
  SSL* ssl_ = nullptr;  // guarded by mu_
  Tally* tally_ = nullptr;
  std::string rest_;  // the beginning of what has not come to its end yet
};

// Prosody as Debian ships it, with the modules presence needs and no more: the users' contacts are online, each over a
// connection of its own.
class XmppSide final : public Side {
 public:
  XmppSide(const testing::Credentials& credentials, const std::filesystem::path& folder, int contacts);
  ~XmppSide() override;
  const char* name() const override { return "prosody"; }
  bool slow() const override { return true; }
  // Always over a connection for each: XMPP knows no other way.
  void Watch(int watchers, int connections) override;
  void Update(int user, int mark) override;
  double AllCpuSeconds() const override { return testing::CpuSeconds(server_->pid()); }
  pid_t streams_pid() const override { return server_->pid(); }

 private:
  void WriteFiles(const testing::Credentials& credentials, int contacts) const;
  void Read();
  void StopReading();

  const std::filesystem::path folder_;
  const int port_;
  SSL_CTX* const tls_;
  std::unique_ptr<Child> server_;
  std::vector<std::unique_ptr<XmppClient>> users_;
  std::vector<std::unique_ptr<XmppClient>> contacts_;
  std::atomic<bool> stopping_{false};
  std::thread reader_;
};

}  // namespace crosspoint::bench
