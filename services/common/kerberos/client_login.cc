#include "common/kerberos/client_login.h"

#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <krb5/krb5.h>
#include <sys/stat.h>

#include <ctime>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::kerberos {
namespace {

using absl::StatusCode;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBetweenRejections{30};

// SPNEGO, RFC 4178, and Kerberos 5, RFC 4121.
gss_OID_desc spnego = {6, const_cast<char*>("\x2b\x06\x01\x05\x05\x02")};
gss_OID_desc krb5_mechanism = {9, const_cast<char*>("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")};

absl::Status Error(StatusCode code, std::string_view reason, std::string_view message) {
  return ErrorWithInfo(code, message, {std::string(reason), std::string(kErrorDomain), {}});
}

struct Meaning {
  StatusCode code;
  std::string_view reason;
  std::string_view words;
};

// The one table from codes of libkrb5 to what an administrator can do about them.
Meaning MeaningOf(krb5_error_code code) {
  constexpr StatusCode kStop = StatusCode::kFailedPrecondition;
  switch (code) {
    case KRB5_KDC_UNREACH:
    case KRB5KDC_ERR_SVC_UNAVAILABLE:
      return {StatusCode::kUnavailable, "KERBEROS_KDC_AWAY", "no KDC of the realm answers"};
    case KRB5_REALM_UNKNOWN:
    case KRB5_REALM_CANT_RESOLVE:
      return {kStop, "KERBEROS_FAILED", "krb5.conf and DNS name no KDC of the realm"};
    case ENOENT:
    case EACCES:
    case KRB5_KT_NOTFOUND:
    case KRB5_KEYTAB_BADVNO:
    case KRB5_KT_FORMAT:
    case KRB5_KT_IOERR:
      return {kStop, "KERBEROS_KEYTAB", "the keytab file cannot be read or has no key of the principal"};
    case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
      return {kStop, "KERBEROS_LOGIN_REFUSED", "the KDC does not know the principal"};
    case KRB5KDC_ERR_PREAUTH_FAILED:
    case KRB5KRB_AP_ERR_BAD_INTEGRITY:
      return {kStop, "KERBEROS_LOGIN_REFUSED", "the key in the keytab is not the account's: make a new keytab"};
    case KRB5KDC_ERR_CLIENT_REVOKED:
    case KRB5KDC_ERR_NAME_EXP:
    case KRB5KDC_ERR_KEY_EXP:
      return {kStop, "KERBEROS_LOGIN_REFUSED", "the account is disabled, locked or expired"};
    case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
    case KRB5_CC_NOT_KTYPE:
      return {kStop, "KERBEROS_SERVICE_UNKNOWN",
              "the KDC has no account with the server's name: register it (setspn) or correct the url"};
    case KRB5KRB_AP_ERR_SKEW:
    case KRB5_KDCREP_SKEW:
    case KRB5KRB_AP_ERR_TKT_NYV:
      return {kStop, "KERBEROS_CLOCK_SKEW", "the clocks of this machine and the KDC differ too much"};
    case KRB5KDC_ERR_ETYPE_NOSUPP:
      return {kStop, "KERBEROS_LOGIN_REFUSED", "the KDC supports no encryption type of the keytab"};
    default:
      return {kStop, "KERBEROS_FAILED", "Kerberos login failed"};
  }
}

struct Stamp {
  ino_t inode = 0;
  off_t size = -1;
  int64_t seconds = 0;
  int64_t nanoseconds = 0;
  bool operator==(const Stamp&) const = default;
};

std::optional<Stamp> StampOf(const std::string& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return std::nullopt;
  return Stamp{info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

gss_buffer_desc BufferOf(std::string& text) { return {text.size(), text.data()}; }

std::string TextOf(OM_uint32 code, int kind) {
  OM_uint32 minor = 0;
  OM_uint32 more = 0;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  gss_display_status(&minor, code, kind, &krb5_mechanism, &more, &text);
  std::string words(static_cast<const char*>(text.value), text.length);
  gss_release_buffer(&minor, &text);
  return words;
}

absl::Status GssError(OM_uint32 major, OM_uint32 minor) {
  return Error(
      StatusCode::kFailedPrecondition, "KERBEROS_FAILED",
      fmt::format("Kerberos login failed: {}: {}", TextOf(major, GSS_C_GSS_CODE), TextOf(minor, GSS_C_MECH_CODE)));
}

// The first token of a SPNEGO exchange with HTTP@host, by the tickets in `cache`. Sends nothing when they are there.
absl::StatusOr<std::string> FirstToken(const std::string& host, const std::string& cache) {
  OM_uint32 minor = 0;
  std::string service = "HTTP@" + host;
  gss_buffer_desc name_text = BufferOf(service);
  gss_name_t name = GSS_C_NO_NAME;
  OM_uint32 major = gss_import_name(&minor, &name_text, GSS_C_NT_HOSTBASED_SERVICE, &name);
  if (GSS_ERROR(major)) return GssError(major, minor);

  gss_OID_set_desc spnego_alone = {1, &spnego};
  gss_OID_set_desc krb5_alone = {1, &krb5_mechanism};
  gss_key_value_element_desc element = {"ccache", cache.c_str()};
  gss_key_value_set_desc store = {1, &element};
  gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &spnego_alone, GSS_C_INITIATE, &store,
                                &credential, nullptr, nullptr);
  // Only Kerberos is offered: whatever else the library has would use other accounts.
  if (!GSS_ERROR(major)) major = gss_set_neg_mechs(&minor, credential, &krb5_alone);
  if (!GSS_ERROR(major)) {
    major = gss_init_sec_context(&minor, credential, &context, name, &spnego, 0, GSS_C_INDEFINITE,
                                 GSS_C_NO_CHANNEL_BINDINGS, GSS_C_NO_BUFFER, nullptr, &token, nullptr, nullptr);
  }
  absl::StatusOr<std::string> result = std::string(static_cast<const char*>(token.value), token.length);
  if (GSS_ERROR(major)) result = GssError(major, minor);
  OM_uint32 ignored = 0;
  gss_release_buffer(&ignored, &token);
  gss_delete_sec_context(&ignored, &context, GSS_C_NO_BUFFER);
  gss_release_cred(&ignored, &credential);
  gss_release_name(&ignored, &name);
  return result;
}

}  // namespace

struct ClientLogin::State {
  State(std::string p, std::string k) : principal(std::move(p)), keytab_file(std::move(k)) {}
  ~State() {
    Forget();
    if (context != nullptr) krb5_free_context(context);
  }

  // Makes sure that `cache` holds a good ticket-granting ticket.
  absl::Status Login();
  absl::Status FetchTicket();
  absl::Status StoreTicket(krb5_principal client, krb5_creds& ticket);
  // Makes sure that `cache` holds a ticket for the service.
  absl::Status FetchServiceTicket(const std::string& host);
  void Forget() {
    if (cache != nullptr) krb5_cc_destroy(context, std::exchange(cache, nullptr));
  }
  absl::Status Translate(krb5_error_code code) const {
    const Meaning meaning = MeaningOf(code);
    const char* text = krb5_get_error_message(context, code);
    const std::string message = fmt::format("{} ({})", meaning.words, text);
    krb5_free_error_message(context, text);
    return Error(meaning.code, meaning.reason, message);
  }

  const std::string principal;
  const std::string keytab_file;
  std::timed_mutex working;        // held while the library works, perhaps asking the KDC
  krb5_context context = nullptr;  // guarded by working, as all that follows
  krb5_ccache cache = nullptr;     // in memory, of a name of its own; null: not logged in
  std::string cache_name;
  time_t renew_at = 0;
  time_t end = 0;

  std::mutex mu;
  std::optional<Stamp> used_keytab;        // guarded by mu: of the present tickets
  bool rejected = false;                   // guarded by mu
  SteadyClock::time_point next_rejection;  // guarded by mu
};

absl::Status ClientLogin::State::Login() {
  if (context == nullptr) {
    if (const krb5_error_code code = krb5_init_context(&context); code != 0) {
      context = nullptr;
      return Error(StatusCode::kFailedPrecondition, "KERBEROS_FAILED",
                   fmt::format("krb5.conf cannot be used (error {})", code));
    }
  }
  const time_t now = std::time(nullptr);
  const auto stamp = StampOf(keytab_file);
  bool must = cache == nullptr || now >= end;
  {
    const std::lock_guard lock(mu);
    if (std::exchange(rejected, false) || (stamp && stamp != used_keytab)) must = true;
  }
  if (!must && now < renew_at) return absl::OkStatus();
  const absl::Status fetched = FetchTicket();
  if (fetched.ok()) {
    const std::lock_guard lock(mu);
    used_keytab = stamp;
    return fetched;
  }
  if (must) return fetched;
  renew_at = now + 60;
  return absl::OkStatus();
}

absl::Status ClientLogin::State::FetchTicket() {
  krb5_principal client = nullptr;
  krb5_keytab keytab = nullptr;
  krb5_creds ticket{};
  krb5_error_code code = krb5_parse_name(context, principal.c_str(), &client);
  if (code == 0) code = krb5_kt_resolve(context, ("FILE:" + keytab_file).c_str(), &keytab);
  // Asked for first: later the library tells a missing key as a failure of the login.
  krb5_keytab_entry entry{};
  if (code == 0) code = krb5_kt_get_entry(context, keytab, client, 0, 0, &entry);
  if (code == 0) krb5_free_keytab_entry_contents(context, &entry);
  if (code == 0) code = krb5_get_init_creds_keytab(context, &ticket, client, keytab, 0, nullptr, nullptr);
  const absl::Status result = code == 0 ? StoreTicket(client, ticket) : Translate(code);
  krb5_free_cred_contents(context, &ticket);
  if (keytab != nullptr) krb5_kt_close(context, keytab);
  krb5_free_principal(context, client);
  return result;
}

absl::Status ClientLogin::State::StoreTicket(krb5_principal client, krb5_creds& ticket) {
  krb5_ccache fresh = nullptr;
  krb5_error_code code = krb5_cc_new_unique(context, "MEMORY", nullptr, &fresh);
  if (code == 0) code = krb5_cc_initialize(context, fresh, client);
  if (code == 0) code = krb5_cc_store_cred(context, fresh, &ticket);
  char* name = nullptr;
  if (code == 0) code = krb5_cc_get_full_name(context, fresh, &name);
  if (code != 0) {
    if (fresh != nullptr) krb5_cc_destroy(context, fresh);
    return Translate(code);
  }
  Forget();
  cache = fresh;
  cache_name = name;
  krb5_free_string(context, name);
  const time_t now = std::time(nullptr);
  end = ticket.times.endtime;
  renew_at = now + (end - now) / 2;
  return absl::OkStatus();
}

absl::Status ClientLogin::State::FetchServiceTicket(const std::string& host) {
  krb5_creds wanted{};
  krb5_creds* ticket = nullptr;
  krb5_error_code code = krb5_sname_to_principal(context, host.c_str(), "HTTP", KRB5_NT_SRV_HST, &wanted.server);
  if (code == 0) code = krb5_cc_get_principal(context, cache, &wanted.client);
  if (code == 0) code = krb5_get_credentials(context, 0, cache, &wanted, &ticket);
  const absl::Status result =
      code == 0 ? absl::OkStatus() : Annotate(Translate(code), fmt::format("ticket for HTTP/{}", host));
  if (ticket != nullptr) krb5_free_creds(context, ticket);
  krb5_free_cred_contents(context, &wanted);
  return result;
}

ClientLogin::ClientLogin(std::string principal, std::string keytab_file)
    : state_(std::make_unique<State>(std::move(principal), std::move(keytab_file))) {}
ClientLogin::~ClientLogin() = default;

absl::StatusOr<std::string> ClientLogin::NegotiateToken(const std::string& host, SteadyClock::time_point deadline) {
  const std::unique_lock lock(state_->working, deadline);
  if (!lock.owns_lock()) {
    return Error(StatusCode::kDeadlineExceeded, "KERBEROS_TIMEOUT", "the KDC did not answer in time");
  }
  CROSSPOINT_RETURN_IF_ERROR(state_->Login());
  CROSSPOINT_RETURN_IF_ERROR(state_->FetchServiceTicket(host));
  CROSSPOINT_ASSIGN_OR_RETURN(const std::string token, FirstToken(host, state_->cache_name));
  return absl::Base64Escape({token.data(), token.size()});
}

bool ClientLogin::Reject() {
  State& s = *state_;
  const auto stamp = StampOf(s.keytab_file);
  const std::lock_guard lock(s.mu);
  const bool changed = stamp && stamp != s.used_keytab;
  const auto now = SteadyClock::now();
  if (!changed && now < s.next_rejection) return false;
  s.next_rejection = now + kBetweenRejections;
  s.rejected = true;
  return true;
}

}  // namespace crosspoint::kerberos
