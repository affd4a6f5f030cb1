#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/httpd/http_server.h"
#include "exchange_sim/server/stats.h"
#include "exchange_sim/store.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// Tells clients where a mailbox is: GetUserSettings of the SOAP protocol (autodiscover.svc) and the older XML one
// (autodiscover.xml), for everybody in the store. What it is ordered to say instead comes by the side channel.
class Autodiscover {
 public:
  // Whether the request proves who sends it; otherwise the answer is filled in.
  using Authenticated = std::function<bool(const HttpRequest&, HttpResponse&)>;

  // `ews_url` is asked at every request: the port may not be known before.
  Autodiscover(Store& store, Stats& stats, std::function<std::string()> ews_url, Authenticated authenticated);
  void AddRoutes(HttpServer& server);

 private:
  // What is said about one mailbox, or about all.
  struct Order {
    std::string redirect_url;
    std::string redirect_address;
    std::string location;  // HTTP 302 there, also of an unauthenticated GET
    std::string error;     // ErrorCode of the SOAP protocol; in the older one 500 for InvalidUser, else 603
    std::string ews_url;
    std::string grouping;
  };
  struct Facts {
    Order order;
    std::optional<Person> person;  // nullopt: nobody
    std::string grouping;
  };

  void ServeSoap(const HttpRequest& request, HttpResponse& response);
  void ServeXml(const HttpRequest& request, HttpResponse& response);
  void ServeProbe(const HttpRequest& request, HttpResponse& response);
  void TakeOrder(const HttpRequest& request, HttpResponse& response);
  Facts FactsOf(const std::string& address);
  void WriteUser(XmlWriter& out, const std::string& address, const std::vector<std::string>& settings);

  Store& store_;
  Stats& stats_;
  const std::function<std::string()> ews_url_;
  const Authenticated authenticated_;
  std::map<std::string, Order> orders_;  // by address in lower case, or "*"; guarded by Store::mu
};

}  // namespace crosspoint::exchange_sim
