#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace crosspoint::testing {

// A Kerberos realm of its own: Debian's krb5kdc as a process on a loopback port, with its database in a new directory.
// Gone with the object, also when the test is killed. The process that creates it and its children use this realm, by
// the variable KRB5_CONFIG; so there is one at a time, created on the main thread. Stops the test program when it will
// not start.
class Kdc {
 public:
  static constexpr std::string_view kRealm = "CORP.EXAMPLE";

  // Whether krb5kdc and kadmin.local are installed; says so on standard error when not.
  static bool IsInstalled();

  Kdc();
  ~Kdc();
  Kdc(const Kdc&) = delete;
  Kdc& operator=(const Kdc&) = delete;

  // Makes the principal `name` (without realm) with a random key, and puts the key into the file `keytab` of the
  // realm's directory. Once more for the same name: a new key, the old is worth nothing; the file then holds only the
  // new.
  std::string AddPrincipal(const std::string& name, const std::string& keytab);
  void DeletePrincipal(const std::string& name);
  // No login as `name` from now on.
  void DisablePrincipal(const std::string& name);

  void Stop();
  void Start();  // on the same port, with the same principals

 private:
  void WriteConfiguration() const;
  void Admin(const std::string& query) const;
  void Run(const std::string& command) const;
  bool Answers() const;

  std::filesystem::path directory_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace crosspoint::testing
