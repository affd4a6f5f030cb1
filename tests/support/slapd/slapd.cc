#include "tests/support/slapd/slapd.h"

#include <arpa/inet.h>
#include <fcntl.h>
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

#include "tests/support/redis_server.h"

namespace crosspoint::testing {
namespace {

constexpr char kServer[] = "/usr/sbin/slapd";
constexpr char kFiller[] = "/usr/sbin/slapadd";
constexpr char kPassword[] = "reader's secret";

[[noreturn]] void Die(const std::string& why) {
  std::cerr << "slapd: " << why << std::endl;
  std::exit(1);
}

std::filesystem::path TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-slapd-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) Die("cannot make a directory");
  return pattern;
}

std::string Number(int number) {
  char text[16];
  std::snprintf(text, sizeof text, "%05d", number);
  return text;
}

}  // namespace

bool Slapd::IsInstalled() {
  if (access(kServer, X_OK) == 0 && access(kFiller, X_OK) == 0) return true;
  std::cerr << "slapd is not installed: apt-get install slapd\n";
  return false;
}

Slapd::Slapd(Options options)
    : options_(std::move(options)),
      directory_(TemporaryDirectory()),
      credentials_(Credentials::Create(directory_ / "credentials")),
      plain_port_(FreeTcpPort()),
      tls_port_(FreeTcpPort()) {
  std::filesystem::create_directory(directory_ / "data");
  std::ofstream(password_file()) << kPassword << "\n";
  WriteConfiguration();
  Fill();
  Start();
}

Slapd::~Slapd() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string Slapd::plain_url() const { return "ldap://127.0.0.1:" + std::to_string(plain_port_); }
std::string Slapd::tls_url() const { return "ldaps://127.0.0.1:" + std::to_string(tls_port_); }
std::string Slapd::ca_file() const { return credentials_.ca_file().string(); }
std::string Slapd::password_file() const { return (directory_ / "password").string(); }

std::string Slapd::Yaml() const {
  return "ldap: {url: '" + tls_url() + "', ca_file: '" + ca_file() + "', bind_dn: '" + kReader + "', password_file: '" +
         password_file() + "', base_dn: '" + kBase + "'}";
}

void Slapd::WriteConfiguration() const {
  const auto files = credentials_.Certificate("ldap");
  std::ofstream out(directory_ / "slapd.conf");
  for (const char* schema : {"core", "cosine", "inetorgperson"}) {
    out << "include /etc/ldap/schema/" << schema << ".schema\n";
  }
  out << "modulepath /usr/lib/ldap\nmoduleload back_mdb\n"
      << "TLSCACertificateFile " << files.ca.string() << "\nTLSCertificateFile " << files.certificate.string()
      << "\nTLSCertificateKeyFile " << files.key.string() << "\nTLSVerifyClient never\n"
      << "pidfile " << (directory_ / "slapd.pid").string() << "\n"
      << "database mdb\nmaxsize 268435456\nsuffix \"" << kBase << "\"\nrootdn \"cn=root," << kBase << "\"\n"
      << "directory " << (directory_ / "data").string() << "\nindex objectClass eq\n"
      << "index uid,mail,cn,sn,givenName,displayName eq,sub\ndbnosync\n"
      << "limits * size.soft=" << options_.size_limit << " size.hard=" << options_.size_limit
      << " size.prtotal=" << (options_.paging ? "unlimited" : "disabled") << "\n"
      << "access to attrs=userPassword by anonymous auth by * none\n"
      << "access to * by dn.exact=\"" << kReader << "\" read by * none\n";
}

void Slapd::Fill() const {
  const auto file = directory_ / "entries.ldif";
  {
    std::ofstream out(file);
    out << "dn: " << kBase << "\nobjectClass: organization\nobjectClass: dcObject\no: Corp\ndc: corp\n\n"
        << "dn: " << kReader << "\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\n"
        << "userPassword: " << kPassword << "\n\n"
        << "dn: ou=people," << kBase << "\nobjectClass: organizationalUnit\nou: people\n\n";
    for (int i = 1; i <= options_.people; ++i) {
      const auto number = Number(i);
      out << "dn: uid=p" << number << ",ou=people," << kBase << "\nobjectClass: inetOrgPerson\nuid: p" << number
          << "\ncn: Person " << number << "\nsn: " << number << "\ngivenName: Person\ndisplayName: Person " << number
          << "\nmail: p" << number << "@ldap.example\ntelephoneNumber: +49 30 " << number << "\n\n";
    }
    out << options_.ldif;
  }
  const auto log = (directory_ / "slapadd.log").string();
  const std::string command = std::string(kFiller) + " -q -f " + (directory_ / "slapd.conf").string() + " -l " +
                              file.string() + " > " + log + " 2>&1";
  if (std::system(command.c_str()) == 0) return;
  std::cerr << std::ifstream(log).rdbuf();
  Die("slapadd failed");
}

bool Slapd::Answers() const {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(tls_port_));
  const bool connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

void Slapd::Start() {
  const pid_t parent = getpid();
  const auto log = (directory_ / "slapd.log").string();
  const auto configuration = (directory_ / "slapd.conf").string();
  const auto urls =
      "ldap://127.0.0.1:" + std::to_string(plain_port_) + "/ ldaps://127.0.0.1:" + std::to_string(tls_port_) + "/";
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0) _exit(1);
    execl(kServer, kServer, "-f", configuration.c_str(), "-h", urls.c_str(), "-d", "0", nullptr);
    _exit(127);
  }
  for (int i = 0; i < 1000; ++i) {
    if (Answers()) return;
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::cerr << std::ifstream(log).rdbuf();
  Die("it does not answer");
}

void Slapd::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace crosspoint::testing
