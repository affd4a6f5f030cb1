#pragma once

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/stack/stack.h"

namespace crosspoint::testing {

// The one running system of these tests, started when first asked for.
Stack& CtlStack();

// What a run of crosspointctl left behind.
struct CtlResult {
  int exit_code = -1;
  std::string out;
  std::string err;

  // Each line of `out` as a message.
  std::vector<nlohmann::json> Messages() const;
};

// crosspointctl against the gateway of the stack, with the token of `user` in `roles`.
class Ctl {
 public:
  explicit Ctl(const std::string& user = "admin", std::vector<std::string> roles = {"user", "tenant_admin"},
               const std::string& tenant = "default");

  CtlResult Run(const std::vector<std::string>& arguments, const std::string& input = "") const;

  // The same in the background.
  class Background {
   public:
    Background(pid_t pid, std::filesystem::path out, std::filesystem::path err);
    ~Background();
    Background(Background&&) = delete;
    std::string out() const;
    std::string err() const;
    void Signal(int number) const;
    CtlResult Wait();

   private:
    pid_t pid_;
    const std::filesystem::path out_;
    const std::filesystem::path err_;
  };
  std::unique_ptr<Background> Start(const std::vector<std::string>& arguments, const std::string& input = "") const;

  // Replaces the token by any text.
  void SetToken(const std::string& token) const;
  // What it is told of the server instead.
  void SetServer(const std::string& server) { server_ = server; }
  void SetServerName(const std::string& name) { server_name_ = name; }

 private:
  std::string server_;
  std::string server_name_ = "gateway";
  std::filesystem::path token_file_;
};

// A file below the stack's folder.
std::filesystem::path WriteFile(const std::string& name, const std::string& content);

// A person with a mailbox who is a user of ours; the user's name.
std::string MakeCtlUser(const std::string& display_name, const std::string& email, const std::string& extension);

}  // namespace crosspoint::testing
