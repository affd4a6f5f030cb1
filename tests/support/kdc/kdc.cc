#include "tests/support/kdc/kdc.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

namespace crosspoint::testing {
namespace {

constexpr char kServer[] = "/usr/sbin/krb5kdc";
constexpr char kAdmin[] = "/usr/sbin/kadmin.local";
constexpr char kDatabase[] = "/usr/sbin/kdb5_util";

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "kdc: %s\n", why.c_str());
  std::abort();
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// krb5kdc cannot choose one itself.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) Die("no port");
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace

bool Kdc::IsInstalled() {
  for (const char* program : {kServer, kAdmin, kDatabase}) {
    if (access(program, X_OK) == 0) continue;
    std::cerr << "\n*** " << program << " IS NOT INSTALLED: nothing of Kerberos is tested ***\n\n";
    return false;
  }
  return true;
}

Kdc::Kdc() : port_(FreePort()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-kdc-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) Die("cannot make a directory");
  directory_ = pattern;
  WriteConfiguration();
  setenv("KRB5_CONFIG", (directory_ / "krb5.conf").c_str(), 1);
  setenv("KRB5_KDC_PROFILE", (directory_ / "kdc.conf").c_str(), 1);
  Run(std::string(kDatabase) + " create -s -P master");
  Start();
}

Kdc::~Kdc() {
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Kdc::WriteConfiguration() const {
  const std::string realm(kRealm);
  const std::string address = "127.0.0.1:" + std::to_string(port_);
  std::ofstream(directory_ / "krb5.conf") << "[libdefaults]\n  default_realm = " << realm
                                          << "\n  dns_lookup_kdc = false\n  dns_lookup_realm = false\n"
                                             "  dns_canonicalize_hostname = false\n  rdns = false\n"
                                             "[realms]\n  "
                                          << realm << " = {\n    kdc = " << address
                                          << "\n  }\n"
                                             "[domain_realm]\n  localhost = "
                                          << realm << "\n[logging]\n  kdc = FILE:" << (directory_ / "kdc.log").string()
                                          << "\n  admin_server = FILE:" << (directory_ / "admin.log").string() << "\n";
  std::ofstream(directory_ / "kdc.conf") << "[realms]\n  " << realm
                                         << " = {\n    database_name = " << (directory_ / "principal").string()
                                         << "\n    key_stash_file = " << (directory_ / "stash").string()
                                         << "\n    acl_file = " << (directory_ / "acl").string()
                                         << "\n    kdc_listen = " << address << "\n    kdc_tcp_listen = " << address
                                         << "\n    supported_enctypes = aes256-cts-hmac-sha1-96:normal\n"
                                            "    default_principal_flags = +preauth\n  }\n";
}

void Kdc::Run(const std::string& command) const {
  const std::string log = (directory_ / "commands.log").string();
  if (std::system((command + " >>" + log + " 2>&1").c_str()) == 0) return;
  std::ifstream in(log);
  std::cerr << in.rdbuf();
  Die("failed: " + command);
}

void Kdc::Admin(const std::string& query) const {
  Run(std::string(kAdmin) + " -r " + std::string(kRealm) + " -q '" + query + "'");
}

std::string Kdc::AddPrincipal(const std::string& name, const std::string& keytab) {
  const std::filesystem::path file = directory_ / keytab;
  const std::filesystem::path aside = file.string() + ".new";
  Admin("addprinc -randkey " + name);  // says on standard error that it is there already, and succeeds
  Admin("ktadd -k " + aside.string() + " " + name);
  std::filesystem::rename(aside, file);
  return file.string();
}

void Kdc::DeletePrincipal(const std::string& name) { Admin("delprinc -force " + name); }

void Kdc::DisablePrincipal(const std::string& name) { Admin("modprinc -allow_tix " + name); }

bool Kdc::Answers() const {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Loopback(port_);
  const bool connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

void Kdc::Start() {
  const pid_t parent = getpid();
  const std::string pid_file = (directory_ / "kdc.pid").string();
  const std::string log = (directory_ / "kdc.out").string();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    if (std::freopen(log.c_str(), "a", stdout) == nullptr || dup2(STDOUT_FILENO, STDERR_FILENO) < 0) _exit(1);
    execl(kServer, kServer, "-n", "-P", pid_file.c_str(), nullptr);
    _exit(127);
  }
  for (int i = 0; i < 1000; ++i) {
    if (Answers()) return;
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::cerr << std::ifstream(log).rdbuf();
  Die("krb5kdc does not answer");
}

void Kdc::Stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace crosspoint::testing
