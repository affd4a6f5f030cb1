#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/client.h"
#include "connectors/ews/autodiscover/endpoint.h"
#include "connectors/ews/autodiscover/messages.h"
#include "connectors/ews/autodiscover/places.h"
#include "connectors/ews/config.h"
#include "connectors/ews/login.h"

namespace crosspoint::ews {

// Asks Exchange where mailboxes are: GetUserSettings for up to 100 mailboxes at a time, or the older XML protocol where
// there is nothing newer. The address given, or else the hosts of each mail domain in the usual order, are asked and
// redirects followed at most ten times; only https, and only hosts that `EwsConfig::allowed_hosts` names, are asked, as
// every question carries the credentials. Thread-safe; blocks its thread. Nothing is retried or kept but which place
// answered: MailboxEndpoints keeps the answers.
class Autodiscover {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  using Endpoints = std::vector<absl::StatusOr<MailboxEndpoint>>;

  // `url`: the one place that knows every mailbox; empty: the hosts of their mail domains do. kInvalidArgument naming
  // the field; `allowed_hosts` must not be empty.
  static absl::StatusOr<std::unique_ptr<Autodiscover>> Create(EwsConfig config, const std::string& url = {});

  // In the order asked, each by itself. Errors, of domain "ews.crosspoint" unless they come from common/http:
  //   kInvalidArgument     INVALID_FIELD, no address
  //   kNotFound            AUTODISCOVER_NO_USER
  //   kPermissionDenied    EWS_HOST_NOT_ALLOWED, a redirect or the answer leads to a host that may not be asked
  //   kFailedPrecondition  AUTODISCOVER_IN_CLOUD, the mailbox is in Exchange Online: use Graph
  //                        AUTODISCOVER_REDIRECT_LOOP, AUTODISCOVER_NO_EWS_URL, AUTODISCOVER_REFUSED
  //                        AUTODISCOVER_FAILED, no place answered; the message names each and why
  //   kUnavailable         AUTODISCOVER_SERVER_ERROR, or AUTODISCOVER_FAILED when some place may answer later
  //   kResourceExhausted   AUTODISCOVER_SERVER_BUSY or EWS_SERVER_BUSY, see BackOffOf
  //   kDeadlineExceeded    `deadline` passed
  Endpoints Discover(const std::vector<std::string>& mailboxes, Deadline deadline);
  // Ends what is under way.
  void Stop() { http_.Stop(); }

 private:
  using Answers = absl::StatusOr<std::vector<AutodiscoverAnswer>>;
  using Addresses = std::vector<std::string>;

  Autodiscover(EwsConfig config, const std::string& url);

  // Asks the hosts of a mail domain one after another until one answers.
  Answers AskDomain(const std::string& domain, const Addresses& addresses, Deadline deadline);
  // Those of `places` that may be asked, until one answers; `answered` says which. Why others did not goes to `notes`.
  Answers AskPlaces(const std::vector<AutodiscoverPlace>& places, const Addresses& addresses, Deadline deadline,
                    AutodiscoverPlace& answered, std::vector<absl::Status>& notes);
  Answers Ask(const AutodiscoverPlace& place, const Addresses& addresses, Deadline deadline);
  Answers AskSoap(const std::string& url, const Addresses& addresses, Deadline deadline);
  absl::StatusOr<AutodiscoverAnswer> AskXml(const std::string& url, const std::string& address, Deadline deadline);
  // Where plain HTTP redirects to; nothing is told there, neither credentials nor an address.
  absl::StatusOr<std::string> ProbeRedirect(const std::string& domain, Deadline deadline);
  absl::StatusOr<http::HttpResponse> Post(const std::string& url, std::string body, std::vector<http::Header> headers,
                                          Deadline deadline);
  absl::StatusOr<MailboxEndpoint> EndpointFrom(const AutodiscoverSettings& settings, const std::string& address) const;

  const EwsConfig config_;
  const std::vector<AutodiscoverPlace> given_;  // empty: those of each domain
  const std::unique_ptr<Login> login_;
  http::HttpClient http_;
  std::mutex mu_;
  std::map<std::string, AutodiscoverPlace> answered_;  // by mail domain; guarded by mu_
};

}  // namespace crosspoint::ews
