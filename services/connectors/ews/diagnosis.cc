#include "connectors/ews/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "common/clock/clock.h"
#include "common/http/client.h"
#include "common/http/text.h"
#include "common/status/status.h"
#include "connectors/ews/autodiscover/autodiscover.h"
#include "connectors/ews/client.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/diagnosis_words.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/host_rules.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStepTimeout{15};

std::string AccountOf(const EwsConfig& config) {
  return std::visit(
      [](const auto& auth) -> std::string {
        if constexpr (requires { auth.user; }) return auth.user;
        if constexpr (requires { auth.principal; }) return auth.principal;
        return "";
      },
      config.auth);
}

std::string Bare(std::string host) { return host.front() == '[' ? host.substr(1, host.size() - 2) : host; }

class Doctor {
 public:
  Doctor(const EwsConfig& config, const DiagnosisRequest& request)
      : config_(config), request_(request), account_(AccountOf(config)) {}

  std::vector<StepReport> Examine();

 private:
  // Whether the ground of later steps is there.
  bool Run(DiagnosisStep step, const std::function<Finding()>& look);
  void SkipRest(std::string_view why);
  SteadyClock::time_point StepDeadline() const {
    return std::min(request_.deadline, SteadyClock::now() + kStepTimeout);
  }
  EwsCall Call(bool impersonating) const {
    return {.mailbox = impersonating ? request_.mailbox : "", .deadline = StepDeadline()};
  }
  Finding Failed(DiagnosisStep step, const absl::Status& status) const {
    return OfCall(step, status, account_, request_.mailbox);
  }

  Finding LookUpName();
  Finding ConnectTcp();
  Finding OpenTls();
  Finding FindExchange();
  std::string AutodiscoverHint() const;
  Finding LogIn();
  Finding Impersonate();
  Finding ReadContacts();
  Finding WriteMeeting();
  Finding ReadCalendar();
  Finding ReadPicture();
  Finding SearchDirectory();

  const EwsConfig& config_;
  const DiagnosisRequest& request_;
  const std::string account_;
  http::UrlParts url_;
  std::vector<std::string> addresses_;  // that may be connected to
  std::string address_;                 // that took a connection
  std::string offered_;                 // ways to log in, as the server says
  std::unique_ptr<EwsClient> client_;   // goes to address_
  std::vector<StepReport> reports_;
};

bool Doctor::Run(DiagnosisStep step, const std::function<Finding()>& look) {
  const auto begin = SteadyClock::now();
  Finding finding = begin < request_.deadline ? look() : Finding::NotTried("the time for the test was over");
  const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begin);
  reports_.push_back({step, finding.outcome, took, std::move(finding.message), std::move(finding.remedy)});
  return finding.outcome == StepOutcome::kOk;
}

void Doctor::SkipRest(std::string_view why) {
  while (reports_.size() < kDiagnosisSteps) {
    reports_.push_back(
        {static_cast<DiagnosisStep>(reports_.size()), StepOutcome::kNotTried, milliseconds(0), std::string(why), ""});
  }
}

std::vector<StepReport> Doctor::Examine() {
  const auto url = http::ParseUrl(config_.url);
  if (!url.ok()) {
    Run(DiagnosisStep::kNameLookup,
        [&] { return Finding::Failed(MessageOf(url.status()), "Give the address of EWS."); });
    SkipRest("there is no address to go to");
    return reports_;
  }
  url_ = *url;
  if (!Run(DiagnosisStep::kNameLookup, [this] { return LookUpName(); })) {
    SkipRest("the server's address is not known");
    return reports_;
  }
  if (!Run(DiagnosisStep::kTcp, [this] { return ConnectTcp(); })) {
    SkipRest("there is no connection to the server");
    return reports_;
  }
  if (url_.scheme == "http") {
    reports_.push_back({DiagnosisStep::kTls, StepOutcome::kNotTried, milliseconds(0),
                        "the address is plain http, which is for tests alone", "Give an https address."});
  } else if (!Run(DiagnosisStep::kTls, [this] { return OpenTls(); })) {
    SkipRest("nothing is sent without a trusted certificate");
    return reports_;
  }
  if (!Run(DiagnosisStep::kExchange, [this] { return FindExchange(); })) {
    SkipRest("there is no EWS to try");
    return reports_;
  }
  if (!Run(DiagnosisStep::kAuthentication, [this] { return LogIn(); })) {
    SkipRest("the account could not log in");
    return reports_;
  }
  const bool acts = Run(DiagnosisStep::kImpersonation, [this] { return Impersonate(); });
  const auto as_mailbox = [&](Finding (Doctor::*look)()) -> std::function<Finding()> {
    if (acts) return [this, look] { return (this->*look)(); };
    return [] { return Finding::NotTried("no mailbox could be acted for"); };
  };
  Run(DiagnosisStep::kContacts, as_mailbox(&Doctor::ReadContacts));
  Run(DiagnosisStep::kMeetings, as_mailbox(&Doctor::WriteMeeting));
  Run(DiagnosisStep::kCalendarEvents, as_mailbox(&Doctor::ReadCalendar));
  Run(DiagnosisStep::kPictures, [this] { return ReadPicture(); });
  Run(DiagnosisStep::kDirectory, [this] { return SearchDirectory(); });
  return reports_;
}

Finding Doctor::LookUpName() {
  const auto found = request_.resolve(Bare(url_.host), StepDeadline());
  if (!found.ok()) {
    return Finding::Failed(fmt::format("{}: {}", url_.host, MessageOf(found.status())),
                           "Check the spelling of the host, and that the name service of this machine knows it.");
  }
  const http::AddressRules rules = config_.addresses();
  std::string refused;
  for (const std::string& ip : *found) {
    if (http::IsAllowed(rules, ip)) {
      addresses_.push_back(ip);
    } else {
      refused += (refused.empty() ? "" : ", ") + ip;
    }
  }
  if (addresses_.empty()) {
    return Finding::Failed(
        fmt::format("{} leads to {}, which may not be connected to", url_.host, refused),
        "Correct the name service's entry, or add the network to allowed_networks; addresses of this "
        "machine, of its link and of cloud metadata services are never allowed.");
  }
  return Finding::Ok(fmt::format("{} is {}", url_.host, fmt::join(addresses_, ", ")));
}

Finding Doctor::ConnectTcp() {
  const int port = std::stoi(url_.port);
  std::string tried;
  for (const std::string& ip : addresses_) {
    const auto until = std::min(StepDeadline(), SteadyClock::now() + config_.connect_timeout);
    const absl::Status connected = http::ProbeTcp(ip, port, until);
    if (connected.ok()) {
      address_ = ip;
      return Finding::Ok(fmt::format("{} takes connections on port {}", ip, port));
    }
    tried += fmt::format("{}{} port {}: {}", tried.empty() ? "" : "; ", ip, port, MessageOf(connected));
  }
  return Finding::Failed(tried, "Check the port in the address, that the server runs, and the firewalls between.");
}

Finding Doctor::OpenTls() {
  const auto until = std::min(StepDeadline(), SteadyClock::now() + config_.connect_timeout);
  const auto facts = http::ProbeTls(address_, std::stoi(url_.port), Bare(url_.host), config_.ca_file, until);
  if (facts.ok()) return OfTls(*facts, url_.host, config_.ca_file, SystemClock().Now());
  if (absl::IsInvalidArgument(facts.status())) {
    return Finding::Failed(MessageOf(facts.status()),
                           "Put the certificates of the trusted authorities into ca_file, as PEM.");
  }
  return Finding::Failed(
      fmt::format("{}: the server takes the connection, but does not open TLS on it", MessageOf(facts.status())),
      "Give the port where HTTPS is served, usually 443, and look at what lies between.");
}

Finding Doctor::FindExchange() {
  if (IsExchangeOnlineHost(url_.host)) return OfExchangeOnline(url_.host);
  EwsConfig pinned = config_;
  const int port = std::stoi(url_.port);
  pinned.routes.insert(pinned.routes.begin(), {url_.host, port, address_, port});  // the first that fits counts
  auto client = EwsClient::Create(pinned);
  if (!client.ok()) return Finding::Failed(MessageOf(client.status()), "Correct that setting.");
  client_ = *std::move(client);
  http::HttpClient anonymous({.ca_file = pinned.ca_file,
                              .user_agent = pinned.user_agent,
                              .addresses = pinned.addresses(),
                              .routes = pinned.routes});
  const auto left = std::chrono::ceil<milliseconds>(StepDeadline() - SteadyClock::now());
  const auto answer =
      anonymous.Send({.method = "POST",
                      .url = pinned.url,
                      .headers = {{"Content-Type", "text/xml; charset=utf-8"}},
                      .body = WriteGetFolder({.server_version = pinned.server_version}, {FolderRef::Named("inbox")}),
                      .timeout = std::max(left, milliseconds(1)),
                      .connect_timeout = std::clamp(left, milliseconds(1), pinned.connect_timeout),
                      .max_response_bytes = 1u << 20});
  if (!answer.ok()) {
    return Finding::Failed(MessageOf(answer.status()), "Check that this port serves EWS, and what lies between.");
  }
  if (answer->status != 401) {
    Finding finding = OfHttpStatus(answer->status, std::string(answer->Get("Location")), config_.url);
    finding.remedy += AutodiscoverHint();
    return finding;
  }
  for (const std::string_view challenge : answer->GetAll("WWW-Authenticate")) {
    offered_ += (offered_.empty() ? "" : ", ") + std::string(challenge.substr(0, challenge.find(' ')));
  }
  return Finding::Ok(fmt::format("EWS answers and asks for a login{}{}", offered_.empty() ? "" : " by ", offered_));
}

// What Autodiscover would give as the address, where it may be asked.
std::string Doctor::AutodiscoverHint() const {
  const auto autodiscover = Autodiscover::Create(config_);
  if (request_.mailbox.empty() || !autodiscover.ok()) return "";
  const auto found = (*autodiscover)->Discover({request_.mailbox}, StepDeadline())[0];
  if (found.ok()) return fmt::format(" Autodiscover tells {} for {}.", found->ews_url, request_.mailbox);
  return fmt::format(" Autodiscover does not help: {}.", MessageOf(found.status()));
}

Finding Doctor::LogIn() {
  const absl::Status status = client_->GetFolder(FolderRef::Named("inbox"), Call(false)).status();
  // Whatever Exchange itself says, it says to somebody it knows; an account needs no mailbox of its own.
  const std::string code = ResponseCodeOf(status);
  const bool is_locked = code == "ErrorAccountDisabled" || code == "ErrorPasswordExpired" ||
                         code == "ErrorPasswordChangeRequired" || code == "ErrorServerBusy";
  if (status.ok() || (!code.empty() && !is_locked)) {
    return Finding::Ok(account_.empty() ? "the token is accepted" : fmt::format("{} is logged in", account_));
  }
  Finding finding = Failed(DiagnosisStep::kAuthentication, status);
  if (!offered_.empty()) finding.message += fmt::format("; the server offers {}", offered_);
  return finding;
}

Finding Doctor::Impersonate() {
  if (request_.mailbox.empty()) {
    return Finding::NotTried("no mailbox was named to try it with", "Name the address of a mailbox.");
  }
  const auto folder = client_->GetFolder(FolderRef::Calendar(), Call(true));
  if (!folder.ok()) {
    Finding finding = Failed(DiagnosisStep::kImpersonation, folder.status());
    if (ReactionOf(folder.status()) == Reaction::kRediscover) finding.remedy += AutodiscoverHint();
    return finding;
  }
  return Finding::Ok(fmt::format("the account acts for {}", request_.mailbox));
}

Finding Doctor::ReadContacts() {
  const FolderRef contacts = FolderRef::Named("contacts");
  const auto folder = client_->GetFolder(contacts, Call(true));
  if (!folder.ok()) return Failed(DiagnosisStep::kContacts, folder.status());
  const auto first = client_->SyncFolderItems(contacts, "", 1, {}, Call(true));
  if (!first.ok()) return Failed(DiagnosisStep::kContacts, first.status());
  return Finding::Ok(fmt::format("the contacts of the mailbox were read, it has {}", folder->total_count));
}

Finding Doctor::WriteMeeting() {
  // Long ago, so that nobody sees it come and go.
  const TimePoint start{std::chrono::sys_days(std::chrono::year(2001) / 1 / 1) + std::chrono::hours(12)};
  const CalendarDraft draft{.subject = "Crosspoint connector test",
                            .start = start,
                            .end = start + std::chrono::minutes(30),
                            .free_busy = FreeBusy::kFree,
                            .sensitivity = Sensitivity::kPrivate};
  const auto id = client_->CreateCalendarItem(draft, Invitations::kNone, Call(true));
  if (!id.ok()) return Failed(DiagnosisStep::kMeetings, id.status());
  const absl::Status deleted =
      client_->DeleteCalendarItem(*id, DeleteType::kHardDelete, Invitations::kNone, Call(true));
  if (!deleted.ok()) {
    Finding finding = Failed(DiagnosisStep::kMeetings, deleted);
    finding.message += "; the appointment 'Crosspoint connector test' of 2001-01-01 is left in the calendar";
    return finding;
  }
  return Finding::Ok("an appointment was put into the calendar and deleted again");
}

Finding Doctor::ReadCalendar() {
  const TimePoint now = SystemClock().Now();
  const auto page = client_->FindCalendarItems({.start = now, .end = now + std::chrono::hours(24 * 7)}, Call(true));
  if (!page.ok()) return Failed(DiagnosisStep::kCalendarEvents, page.status());
  return Finding::Ok(fmt::format("the calendar was read, {} events in the next seven days", page->items.size()));
}

Finding Doctor::ReadPicture() {
  if (request_.mailbox.empty()) {
    return Finding::NotTried("no mailbox was named to try it with", "Name the address of a mailbox.");
  }
  const auto photo = client_->GetUserPhoto(request_.mailbox, "HR96x96", "", Call(false));
  // Exchange says the same of a picture that is not there.
  if (absl::IsNotFound(photo.status()) || (photo.ok() && photo->state == Photo::State::kNone)) {
    return Finding::Ok(fmt::format("pictures can be asked for; {} has none", request_.mailbox));
  }
  if (!photo.ok()) return Failed(DiagnosisStep::kPictures, photo.status());
  return Finding::Ok(fmt::format("the picture of {} was read, {} bytes", request_.mailbox, photo->bytes.size()));
}

Finding Doctor::SearchDirectory() {
  const std::string text = request_.mailbox.empty() ? account_.substr(account_.find('\\') + 1) : request_.mailbox;
  if (text.empty()) return Finding::NotTried("no mailbox was named to search for", "Name the address of a mailbox.");
  const auto names = client_->ResolveNames({.text = text}, Call(false));
  if (!names.ok()) return Failed(DiagnosisStep::kDirectory, names.status());
  if (names->candidates.empty() && !request_.mailbox.empty()) {
    return Finding::Failed(
        fmt::format("the address list was searched, but {} is not in it", text),
        fmt::format("Show the mailbox in the address list: Set-Mailbox -Identity \"{}\" -HiddenFromAddressListsEnabled "
                    "$false; or look at the address book policy of the account.",
                    text));
  }
  return Finding::Ok(fmt::format("the address list was searched for {}: {} found", text, names->candidates.size()));
}

}  // namespace

std::vector<StepReport> Diagnose(const EwsConfig& config, const DiagnosisRequest& request) {
  return Doctor(config, request).Examine();
}

}  // namespace crosspoint::ews
