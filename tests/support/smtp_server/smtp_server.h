#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace crosspoint::testing {

struct SmtpServerOptions {
  std::filesystem::path certificate;  // PEM; makes it insist on STARTTLS
  std::filesystem::path key;
  std::string user;  // makes it insist on a login
  std::string password;
};

// A mail as the server's own parser read it.
struct ReceivedMail {
  struct File {
    std::string name;
    std::string type;
    std::string bytes;
  };
  std::string envelope_from;
  std::vector<std::string> envelope_to;
  bool tls = false;
  bool authenticated = false;
  std::map<std::string, std::string> headers;  // names in lower case
  int defects = 0;                             // against the rules for mails
  std::string text;
  std::vector<File> files;
};

// A mail server of Debian's (python3-aiosmtpd) as a process on a free loopback port. Gone with the object, also when
// the test is killed. Stops the test program when it will not start. Create it on the main thread.
class SmtpServer {
 public:
  explicit SmtpServer(SmtpServerOptions options = {});
  ~SmtpServer();
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  int port() const { return port_; }
  // In the order they came.
  std::vector<ReceivedMail> Mails() const;
  // Those to an address, once there are `count`; what there is when there are not within `limit`.
  std::vector<ReceivedMail> MailsTo(const std::string& address, size_t count,
                                    std::chrono::milliseconds limit = std::chrono::seconds(20)) const;
  // From now on the step ("RCPT" or "DATA") is answered so: "451 try later".
  void Refuse(const std::string& step, const std::string& answer);
  void TakeAll();  // again

  void Stop();
  void Restart();  // on the same port

 private:
  void Start();

  const SmtpServerOptions options_;
  std::filesystem::path directory_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace crosspoint::testing
