#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "tests/support/credentials.h"

namespace crosspoint::testing {

struct SlapdOptions {
  int people = 0;        // uid=p00001 …, "Person 00001", below ou=people
  std::string ldif;      // further entries
  int size_limit = 500;  // of one search without pages; paged ones are not limited
  bool paging = true;    // false: the server refuses paged results
};

// Debian's slapd with the suffix dc=corp,dc=example. Gone with the object, also when the test is killed: create it on
// the main thread. Stops the test program when it will not start.
class Slapd {
 public:
  using Options = SlapdOptions;
  static constexpr char kBase[] = "dc=corp,dc=example";
  static constexpr char kReader[] = "cn=reader,dc=corp,dc=example";  // may read; its password is in password_file

  // Whether slapd and slapadd are installed; says so on standard error when not.
  static bool IsInstalled();

  explicit Slapd(Options options = {});
  ~Slapd();
  Slapd(const Slapd&) = delete;
  Slapd& operator=(const Slapd&) = delete;

  std::string plain_url() const;  // ldap://, which can start TLS
  std::string tls_url() const;    // ldaps://
  int plain_port() const { return plain_port_; }
  std::string ca_file() const;
  std::string password_file() const;
  // The block `ldap: {…}` of a tenant in a directory's configuration.
  std::string Yaml() const;

  void Kill();
  void Start();  // on the same ports, with the same entries

 private:
  void WriteConfiguration() const;
  void Fill() const;
  bool Answers() const;

  const Options options_;
  std::filesystem::path directory_;
  Credentials credentials_;
  const int plain_port_;
  const int tls_port_;
  pid_t pid_ = -1;
};

}  // namespace crosspoint::testing
