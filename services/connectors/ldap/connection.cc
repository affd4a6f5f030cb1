#include "connectors/ldap/connection.h"

#include <lber.h>
#include <ldap.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <mutex>
#include <utility>

#include "common/status/status.h"
#include "connectors/ldap/errors.h"
#include "connectors/secrets/secret_file.h"

namespace crosspoint::ldap {
namespace {

constexpr ber_len_t kMostIncoming = 16u << 20;

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Message = std::unique_ptr<LDAPMessage, Free<ldap_msgfree>>;
using Control = std::unique_ptr<LDAPControl, Free<ldap_control_free>>;
using Controls = std::unique_ptr<LDAPControl*, Free<ldap_controls_free>>;
using Values = std::unique_ptr<berval*, Free<ldap_value_free_len>>;
using Text = std::unique_ptr<char, Free<ldap_memfree>>;

// The TLS library under libldap writes to its socket in a way that a closed one answers with SIGPIPE, which would end a
// program that has not made up its mind about it. Holds the signal back on this thread, and takes it away again.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutSigpipe() {
    const timespec at_once{};
    if (!was_pending_) {
      while (sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

timeval TimeLeft(LdapClient::Deadline deadline) {
  const auto left = std::max(
      std::chrono::duration_cast<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now()).count(),
      decltype(std::chrono::microseconds().count()){1000});
  return {.tv_sec = left / 1'000'000, .tv_usec = left % 1'000'000};
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

LdapEntry ReadEntry(LDAP* handle, LDAPMessage* message) {
  LdapEntry entry;
  if (const Text dn(ldap_get_dn(handle, message)); dn != nullptr) entry.dn = dn.get();
  BerElement* position = nullptr;
  for (Text name(ldap_first_attribute(handle, message, &position)); name != nullptr;
       name.reset(ldap_next_attribute(handle, message, position))) {
    const Values values(ldap_get_values_len(handle, message, name.get()));
    if (values == nullptr) continue;
    // "userCertificate;binary": options are no part of the name.
    auto& all = entry.attributes[Lower(std::string(name.get()).substr(0, std::string(name.get()).find(';')))];
    for (berval** value = values.get(); *value != nullptr; ++value) {
      all.emplace_back((*value)->bv_val, (*value)->bv_len);
    }
  }
  if (position != nullptr) ber_free(position, 0);
  return entry;
}

}  // namespace

Connection::~Connection() { Close(); }

void Connection::Close() {
  const WithoutSigpipe quiet;
  if (handle_ != nullptr) ldap_unbind_ext(handle_, nullptr, nullptr);
  handle_ = nullptr;
}

std::string Connection::Diagnostic() const {
  char* text = nullptr;
  ldap_get_option(handle_, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
  const Text owner(text);
  return text == nullptr ? "" : text;
}

absl::Status Connection::Fail(int code, const std::string& diagnostic) {
  auto status = StatusOf(code, diagnostic.empty() ? Diagnostic() : diagnostic);
  Close();
  return status;
}

absl::Status Connection::Open(LdapClient::Deadline deadline) {
  deadline_ = deadline;
  heard_ = false;
  if (usable()) return absl::OkStatus();
  const WithoutSigpipe quiet;
  CROSSPOINT_RETURN_IF_ERROR(Connect());
  return Bind();
}

absl::Status Connection::Connect() {
  {
    // libldap sets up its globals with the first handle.
    static std::mutex first;
    const std::lock_guard lock(first);
    if (const int code = ldap_initialize(&handle_, settings_.url.c_str()); code != LDAP_SUCCESS) {
      handle_ = nullptr;
      return StatusOf(code, "url");
    }
  }
  const int version = LDAP_VERSION3;
  const int demand = LDAP_OPT_X_TLS_DEMAND;
  const int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
  const int client = 0;
  const auto connect_limit = std::min(std::chrono::steady_clock::now() + settings_.connect_timeout, deadline_);
  const timeval limit = TimeLeft(connect_limit);
  const timeval call_limit = TimeLeft(deadline_);
  bool set = ldap_set_option(handle_, LDAP_OPT_PROTOCOL_VERSION, &version) == LDAP_OPT_SUCCESS &&
             ldap_set_option(handle_, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
             ldap_set_option(handle_, LDAP_OPT_NETWORK_TIMEOUT, &limit) == LDAP_OPT_SUCCESS &&
             ldap_set_option(handle_, LDAP_OPT_TIMEOUT, &call_limit) == LDAP_OPT_SUCCESS &&
             ldap_set_option(handle_, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == LDAP_OPT_SUCCESS &&
             ldap_set_option(handle_, LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest) == LDAP_OPT_SUCCESS;
  if (!settings_.ca_file.empty()) {
    set = set && ldap_set_option(handle_, LDAP_OPT_X_TLS_CACERTFILE, settings_.ca_file.c_str()) == LDAP_OPT_SUCCESS;
  }
  // Makes the options above this handle's own.
  set = set && ldap_set_option(handle_, LDAP_OPT_X_TLS_NEWCTX, &client) == LDAP_OPT_SUCCESS;
  Sockbuf* socket = nullptr;
  ber_len_t most = kMostIncoming;
  set = set && ldap_get_option(handle_, LDAP_OPT_SOCKBUF, &socket) == LDAP_OPT_SUCCESS &&
        ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING, &most) == 1;
  if (!set) return Fail(LDAP_CONNECT_ERROR, "TLS: the options, such as ca_file, cannot be set");
  if (!settings_.start_tls) return absl::OkStatus();
  if (const int code = ldap_start_tls_s(handle_, nullptr, nullptr); code != LDAP_SUCCESS) return Fail(code);
  return absl::OkStatus();
}

absl::Status Connection::Bind() {
  std::string password;
  if (!settings_.bind_dn.empty()) {
    connectors::SecretFile file(settings_.password_file);
    auto read = file.Get();
    if (!read.ok()) {
      Close();
      return read.status();
    }
    password = *std::move(read);
  }
  berval credentials{.bv_len = password.size(), .bv_val = password.data()};
  int id = 0;
  int code = ldap_sasl_bind(handle_, settings_.bind_dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, &id);
  if (code != LDAP_SUCCESS) return Fail(code);
  timeval limit = TimeLeft(deadline_);
  LDAPMessage* raw = nullptr;
  const int type = ldap_result(handle_, id, LDAP_MSG_ALL, &limit, &raw);
  const Message message(raw);
  if (type == 0) return Fail(LDAP_TIMEOUT, "while logging in");
  if (type < 0) {
    ldap_get_option(handle_, LDAP_OPT_RESULT_CODE, &code);
    return Fail(code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code);
  }
  char* said = nullptr;
  const int parsed = ldap_parse_result(handle_, message.get(), &code, nullptr, &said, nullptr, nullptr, 0);
  const Text owner(said);
  if (parsed != LDAP_SUCCESS) return Fail(parsed);
  if (code != LDAP_SUCCESS) return Fail(code, said == nullptr || *said == '\0' ? "while logging in" : said);
  return absl::OkStatus();
}

absl::Status Connection::Run(const LdapQuery& query, ::ldapcontrol* control, const TakeEntry& take, bool& truncated,
                             std::string& cookie) {
  const WithoutSigpipe quiet;
  std::vector<char*> attributes;
  for (const auto& name : query.attributes) attributes.push_back(const_cast<char*>(name.c_str()));
  attributes.push_back(nullptr);
  LDAPControl* controls[] = {control, nullptr};
  timeval limit = TimeLeft(deadline_);
  int id = 0;
  int code = ldap_search_ext(handle_, query.base_dn.c_str(), LDAP_SCOPE_SUBTREE, query.filter.text().c_str(),
                             attributes.data(), 0, control == nullptr ? nullptr : controls, nullptr, &limit,
                             query.size_limit, &id);
  if (code != LDAP_SUCCESS) return Fail(code);
  while (true) {
    limit = TimeLeft(deadline_);
    LDAPMessage* raw = nullptr;
    const int type = ldap_result(handle_, id, LDAP_MSG_ONE, &limit, &raw);
    const Message message(raw);
    if (type == 0) return Fail(LDAP_TIMEOUT, "while searching");
    if (type < 0) {
      ldap_get_option(handle_, LDAP_OPT_RESULT_CODE, &code);
      return Fail(code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code);
    }
    heard_ = true;
    if (type == LDAP_RES_SEARCH_ENTRY) {
      if (const auto taken = take(ReadEntry(handle_, message.get())); !taken.ok()) {
        Close();  // what is still on its way would be taken for the next answer
        return taken;
      }
    }
    if (type != LDAP_RES_SEARCH_RESULT) continue;
    char* said = nullptr;
    LDAPControl** answered = nullptr;
    const int parsed = ldap_parse_result(handle_, message.get(), &code, nullptr, &said, nullptr, &answered, 0);
    const Text owner(said);
    const Controls owned(answered);
    if (parsed != LDAP_SUCCESS) return Fail(parsed);
    truncated = code == LDAP_SIZELIMIT_EXCEEDED;
    if (code != LDAP_SUCCESS && !truncated) return StatusOf(code, said == nullptr ? "" : said);
    LDAPControl* page = answered == nullptr ? nullptr : ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, answered, nullptr);
    if (page == nullptr) return absl::OkStatus();
    ber_int_t total = 0;
    berval next{};
    if (ldap_parse_pageresponse_control(handle_, page, &total, &next) == LDAP_SUCCESS && next.bv_val != nullptr) {
      cookie.assign(next.bv_val, next.bv_len);
      ber_memfree(next.bv_val);
    }
    return absl::OkStatus();
  }
}

absl::Status Connection::Search(const LdapQuery& query, const TakeEntry& take, bool& truncated) {
  std::string cookie;
  return Run(query, nullptr, take, truncated, cookie);
}

absl::Status Connection::SearchAll(const LdapQuery& query, int page_size, const TakeEntry& take) {
  std::string cookie;
  do {
    berval from{.bv_len = cookie.size(), .bv_val = cookie.data()};
    LDAPControl* raw = nullptr;
    const int code = ldap_create_page_control(handle_, page_size, cookie.empty() ? nullptr : &from, 1, &raw);
    const Control control(raw);
    if (code != LDAP_SUCCESS) return Fail(code);
    cookie.clear();
    bool truncated = false;
    CROSSPOINT_RETURN_IF_ERROR(Run(query, control.get(), take, truncated, cookie));
    // A list that is cut short is not the whole one.
    if (truncated) return StatusOf(LDAP_SIZELIMIT_EXCEEDED, "the list is longer than the server gives to this account");
  } while (!cookie.empty());
  return absl::OkStatus();
}

}  // namespace crosspoint::ldap
