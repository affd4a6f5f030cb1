#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exchange_sim/schema_check.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

struct HttpReply {
  int status = 0;
  std::string head;  // status line and headers
  std::string body;
};

// A connection of its own that speaks just enough HTTP, so that the tests share no code with what they test.
class Wire {
 public:
  explicit Wire(int port);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void Send(std::string_view bytes);
  HttpReply ReadReply();
  // The next complete SOAP envelope of a chunked answer, empty at its end or after `patience`.
  std::string ReadEnvelope(std::chrono::milliseconds patience = std::chrono::seconds(20));

 private:
  bool ReadMore();
  std::string Decoded() const;  // chunks of the body so far
  int fd_;
  std::string read_;
  size_t taken_ = 0;  // of the decoded body
};

// The folder with the EWS schema and samples, empty when there is none.
std::string ReferenceDir();
// The schema, loaded once; nullptr, told on standard error, without reference data.
const SchemaChecker* Schema();

std::string PostRequest(std::string_view path, std::string_view body, std::string_view headers);
std::string BasicHeader(std::string_view user, std::string_view password);

// A request around `operation`, on behalf of `mailbox` unless that is empty.
std::string Soap(std::string_view operation, std::string_view mailbox = "");

// An answer, parsed and with canonical prefixes.
struct Reply {
  HttpReply http;
  std::unique_ptr<SoapRequest> soap;

  pugi::xml_node body() const { return soap->operation; }
  // The response code of the `index`th message, or of the fault.
  std::string Code(size_t index = 0) const;
  pugi::xml_node Message(size_t index = 0) const;
  // All elements of that name anywhere below the body.
  std::vector<pugi::xml_node> All(std::string_view name) const;
  std::string Text(std::string_view name) const;  // of the first
};

// The parsed envelope of a stream or answer.
Reply ParseReply(HttpReply http);

}  // namespace crosspoint::exchange_sim
