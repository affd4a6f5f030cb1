#include "tests/bench/presence/xmpp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>

namespace crosspoint::bench {
namespace {

constexpr char kDomain[] = "bench.example";
constexpr char kPassword[] = "secret";
constexpr int kXmppUsers = 10;  // every contact is sent all of them when logging in

[[noreturn]] void Die(const std::string& what) {
  fmt::print(stderr, "XMPP: {}\n", what);
  std::exit(1);
}

std::string Base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return text;
}

int Connect(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (true) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return fd;
    }
    close(fd);
    if (std::chrono::steady_clock::now() > end) Die("prosody does not listen");
    testing::Pause(std::chrono::milliseconds(20));
  }
}

std::string User(int user) { return fmt::format("u{}", user); }
std::string Contact(int contact) { return fmt::format("w{}", contact); }

// The same content as a Presence of ours.
std::string PresenceStanza(int user, int mark) {
  const bool busy = mark % 2 == 0;
  return fmt::format(
      "<presence><show>{}</show><status>{}</status><availability xmlns='urn:example:availability' "
      "user='{}' state='{}' name='{}' color='{}' class='own-word' since='2026-01-01T12:00:00.123456Z' "
      "line='idle' im='offline' revision='{}'/></presence>",
      busy ? "dnd" : "xa", NoteOf(mark), UserName(user), busy ? "do-not-disturb" : "vacation",
      busy ? "Do Not Disturb" : "Vacation", busy ? "#b3261e" : "#1f6fd1", mark);
}

}  // namespace

XmppClient::XmppClient(int port, const std::string& user, SSL_CTX* tls) : fd_(Connect(port)), ssl_(SSL_new(tls)) {
  SSL_set_fd(ssl_, fd_);
  SSL_set_tlsext_host_name(ssl_, kDomain);
  if (SSL_connect(ssl_) != 1) Die("the TLS handshake failed");
  const auto open = fmt::format(
      "<stream:stream to='{}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
      kDomain);
  Send(open);
  ReadUntil("</stream:features>");
  const std::string zero(1, '\0');
  Send(fmt::format("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{}</auth>",
                   Base64(zero + user + zero + kPassword)));
  ReadUntil("<success");
  Send(open);
  ReadUntil("</stream:features>");
  Send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>");
  ReadUntil("</iq>");
  Send("<presence/>");
  ReadUntil("<presence");  // its own, back
}

XmppClient::~XmppClient() {
  SSL_free(ssl_);
  close(fd_);
}

void XmppClient::Send(const std::string& text) {
  const std::lock_guard lock(mu_);
  if (SSL_write(ssl_, text.data(), static_cast<int>(text.size())) != static_cast<int>(text.size())) {
    Die("the server takes nothing");
  }
}

std::string XmppClient::ReadUntil(const std::string& what) {
  std::string text;
  std::array<char, 4096> buffer;
  while (text.find(what) == std::string::npos) {
    const int count = SSL_read(ssl_, buffer.data(), buffer.size());
    if (count <= 0) Die("instead of " + what + ": " + text);
    text.append(buffer.data(), static_cast<size_t>(count));
  }
  return text;
}

void XmppClient::StopWaiting(Tally* tally) {
  tally_ = tally;
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
}

void XmppClient::Read() {
  std::array<char, 16'384> buffer;
  while (true) {
    int count = 0;
    {
      const std::lock_guard lock(mu_);
      count = SSL_read(ssl_, buffer.data(), buffer.size());
      if (count <= 0) {
        if (SSL_get_error(ssl_, count) != SSL_ERROR_WANT_READ) Die("the server closed a connection");
        return;
      }
    }
    if (tally_ == nullptr) continue;
    rest_.append(buffer.data(), static_cast<size_t>(count));
    // Stanzas that are whole; the last may be cut anywhere.
    const auto end = rest_.rfind('>') + 1;  // 0 when there is none
    tally_->See(std::string_view(rest_).substr(0, end));
    rest_.erase(0, end);
  }
}

XmppSide::XmppSide(const testing::Credentials& credentials, const std::filesystem::path& folder, int contacts)
    : folder_(folder / "prosody"), port_(testing::FreeTcpPort()), tls_(SSL_CTX_new(TLS_client_method())) {
  WriteFiles(credentials, contacts);
  server_ = std::make_unique<Child>(
      std::vector<std::string>{"/usr/bin/prosody", "-F", "--config", (folder_ / "prosody.cfg.lua").string()});
  for (int user = 0; user < kXmppUsers; ++user) {
    users_.push_back(std::make_unique<XmppClient>(port_, User(user), tls_));
    users_.back()->StopWaiting(nullptr);
  }
}

XmppSide::~XmppSide() {
  StopReading();
  contacts_.clear();
  users_.clear();
  server_.reset();
  SSL_CTX_free(tls_);
}

// Accounts and rosters as prosody's own storage keeps them.
void XmppSide::WriteFiles(const testing::Credentials& credentials, int contacts) const {
  const auto host = folder_ / "data" / "bench%2eexample";
  std::filesystem::create_directories(host / "accounts");
  std::filesystem::create_directories(host / "roster");
  const auto account = [&](const std::string& name) {
    std::ofstream(host / "accounts" / (name + ".dat"))
        << fmt::format("return {{ [\"password\"] = \"{}\"; }};\n", kPassword);
  };
  const auto entry = [](const std::string& name, const char* subscription) {
    return fmt::format("  [\"{}@{}\"] = {{ [\"subscription\"] = \"{}\"; [\"groups\"] = {{}}; }};\n", name, kDomain,
                       subscription);
  };
  std::string watchers;
  std::string watched;
  for (int i = 0; i < contacts; ++i) watchers += entry(Contact(i), "from");
  for (int i = 0; i < kXmppUsers; ++i) watched += entry(User(i), "to");
  const auto roster = [&](const std::string& name, const std::string& entries) {
    std::ofstream(host / "roster" / (name + ".dat"))
        << "return {\n  [false] = { [\"version\"] = 1; [\"pending\"] = {}; };\n"
        << entries << "};\n";
  };
  for (int i = 0; i < kXmppUsers; ++i) {
    account(User(i));
    roster(User(i), watchers);
  }
  for (int i = 0; i < contacts; ++i) {
    account(Contact(i));
    roster(Contact(i), watched);
  }
  const auto files = credentials.Certificate("xmpp", {kDomain});
  std::ofstream(folder_ / "prosody.cfg.lua") << fmt::format(
      "run_as_root = true\n"
      "pidfile = \"{0}/prosody.pid\"\n"
      "data_path = \"{0}/data\"\n"
      "log = {{ warn = \"{0}/prosody.log\" }}\n"
      "interfaces = {{ \"127.0.0.1\" }}\n"
      "c2s_ports = {{ }}\n"
      "c2s_direct_tls_ports = {{ {1} }}\n"
      "c2s_direct_tls_interfaces = {{ \"127.0.0.1\" }}\n"
      "c2s_direct_tls_ssl = {{ certificate = \"{2}\"; key = \"{3}\" }}\n"
      "modules_enabled = {{ \"roster\"; \"saslauth\"; \"tls\" }}\n"
      "modules_disabled = {{ \"s2s\" }}\n"
      "authentication = \"internal_plain\"\n"
      "VirtualHost \"{4}\"\n",
      folder_.string(), port_, files.certificate.string(), files.key.string(), kDomain);
}

void XmppSide::Watch(int watchers, int) {
  StopReading();
  contacts_.clear();
  tally_.Expect(watchers);
  contacts_.resize(static_cast<size_t>(watchers));
  {
    constexpr int kAtOnce = 8;
    std::vector<std::jthread> threads;
    for (int first = 0; first < kAtOnce; ++first) {
      threads.emplace_back([this, first, watchers] {
        for (int i = first; i < watchers; i += kAtOnce) {
          auto& contact = contacts_[static_cast<size_t>(i)];
          contact = std::make_unique<XmppClient>(port_, Contact(i), tls_);
          contact->StopWaiting(&tally_);
        }
      });
    }
  }
  stopping_ = false;
  reader_ = std::thread([this] { Read(); });
}

void XmppSide::Update(int user, int mark) {
  users_[static_cast<size_t>(user % kXmppUsers)]->Send(PresenceStanza(user % kXmppUsers, mark));
}

void XmppSide::StopReading() {
  stopping_ = true;
  if (reader_.joinable()) reader_.join();
}

void XmppSide::Read() {
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (auto* const clients : {&contacts_, &users_}) {
    for (auto& client : *clients) {
      epoll_event event{.events = EPOLLIN, .data = {.ptr = client.get()}};
      epoll_ctl(poll, EPOLL_CTL_ADD, client->fd(), &event);
      client->Read();  // what TLS has read already
    }
  }
  std::array<epoll_event, 256> events;
  while (!stopping_) {
    const int count = epoll_wait(poll, events.data(), events.size(), 100);
    for (int i = 0; i < count; ++i) {
      static_cast<XmppClient*>(events[static_cast<size_t>(i)].data.ptr)->Read();
    }
  }
  close(poll);
}

}  // namespace crosspoint::bench
