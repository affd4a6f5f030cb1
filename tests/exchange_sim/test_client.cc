#include "exchange_sim/test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>

#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

std::string HeaderValue(const std::string& head, std::string_view name) {
  for (const std::string& line : Split(head, '\n')) {
    if (StartsWithNoCase(line, name) && line.size() > name.size() && line[name.size()] == ':') {
      return Trim(line.substr(name.size() + 1));
    }
  }
  return {};
}

}  // namespace

Wire::Wire(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  (void)connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

Wire::~Wire() { close(fd_); }

void Wire::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

bool Wire::ReadMore() {
  char buffer[65536];
  const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
  if (got > 0) read_.append(buffer, static_cast<size_t>(got));
  return got > 0;
}

HttpReply Wire::ReadReply() {
  while (read_.find(kHeadEnd) == std::string::npos && ReadMore()) {
  }
  const size_t head_end = read_.find(kHeadEnd);
  if (head_end == std::string::npos) return {};
  HttpReply reply{std::atoi(read_.c_str() + 9), read_.substr(0, head_end), ""};
  const std::string length = HeaderValue(reply.head, "content-length");
  const size_t end = head_end + kHeadEnd.size() + (length.empty() ? 0 : std::stoul(length));
  while (read_.size() < end && ReadMore()) {
  }
  reply.body = read_.substr(head_end + kHeadEnd.size(), end - head_end - kHeadEnd.size());
  read_.erase(0, end);
  return reply;
}

std::string Wire::Decoded() const {
  std::string out;
  size_t at = read_.find(kHeadEnd);
  if (at == std::string::npos) return out;
  at += kHeadEnd.size();
  for (;;) {
    const size_t line_end = read_.find("\r\n", at);
    if (line_end == std::string::npos) return out;
    const size_t size = std::strtoul(read_.c_str() + at, nullptr, 16);
    if (size == 0 || read_.size() < line_end + 2 + size + 2) return out;
    out.append(read_, line_end + 2, size);
    at = line_end + 2 + size + 2;
  }
}

std::string Wire::ReadEnvelope(std::chrono::milliseconds patience) {
  constexpr std::string_view kEnd = "</s:Envelope>";
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const std::string body = Decoded();
    if (const size_t end = body.find(kEnd, taken_); end != std::string::npos) {
      const std::string envelope = body.substr(taken_, end + kEnd.size() - taken_);
      taken_ = end + kEnd.size();
      return envelope;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now());
    pollfd waiting{fd_, POLLIN, 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0 || !ReadMore()) return {};
  }
}

std::string ReferenceDir() {
  std::vector<std::string> candidates;
  if (const char* set = std::getenv("CROSSPOINT_REFERENCE")) candidates.emplace_back(set);
  if (const char* source = std::getenv("CROSSPOINT_SOURCE_DIR")) {
    candidates.push_back(std::string(source) + "/../shared/reference");
  }
  for (const std::string& dir : candidates) {
    if (std::filesystem::exists(dir + "/ews/schema/ews-all.xsd")) return dir + "/ews";
  }
  return {};
}

const SchemaChecker* Schema() {
  static const std::shared_ptr<const SchemaChecker> checker = []() -> std::shared_ptr<const SchemaChecker> {
    const std::string dir = ReferenceDir();
    auto loaded = SchemaChecker::Load(dir + "/schema");
    if (!dir.empty() && loaded.ok()) return *loaded;
    std::cerr << "\n*** No EWS schema found (CROSSPOINT_REFERENCE): NOTHING IS CHECKED AGAINST IT ***\n\n";
    return nullptr;
  }();
  return checker.get();
}

std::string PostRequest(std::string_view path, std::string_view body, std::string_view headers) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: sim\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n"
      "Connection: close\r\n{}\r\n{}",
      path, body.size(), headers, body);
}

std::string BasicHeader(std::string_view user, std::string_view password) {
  return fmt::format("Authorization: Basic {}\r\n", Base64(fmt::format("{}:{}", user, password)));
}

std::string Soap(std::string_view operation, std::string_view mailbox) {
  const std::string impersonation =
      mailbox.empty() ? ""
                      : fmt::format(
                            "<t:ExchangeImpersonation><t:ConnectingSID><t:SmtpAddress>{}</t:SmtpAddress>"
                            "</t:ConnectingSID></t:ExchangeImpersonation>",
                            mailbox);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
      "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" "
      "xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\" "
      "xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\"><soap:Header>"
      "<t:RequestServerVersion Version=\"Exchange2016\"/>{}</soap:Header><soap:Body>{}</soap:Body></soap:Envelope>",
      impersonation, operation);
}

std::string Reply::Code(size_t index) const {
  if (soap == nullptr) return {};
  const auto codes = All("ResponseCode");
  return index < codes.size() ? codes[index].text().get() : "";
}

pugi::xml_node Reply::Message(size_t index) const {
  const auto messages = Elements(body().child("m:ResponseMessages"));
  return index < messages.size() ? messages[index] : pugi::xml_node();
}

std::vector<pugi::xml_node> Reply::All(std::string_view name) const {
  std::vector<pugi::xml_node> found;
  const std::function<void(pugi::xml_node)> walk = [&](pugi::xml_node node) {
    for (const pugi::xml_node child : Elements(node)) {
      if (LocalName(child) == name) found.push_back(child);
      walk(child);
    }
  };
  if (soap != nullptr) walk(body());
  return found;
}

std::string Reply::Text(std::string_view name) const {
  const auto found = All(name);
  return found.empty() ? "" : found[0].text().get();
}

Reply ParseReply(HttpReply http) {
  Reply reply{std::move(http), std::make_unique<SoapRequest>()};
  reply.soap->document.load_string(reply.http.body.c_str());
  reply.soap->operation = reply.soap->document.document_element().child("s:Body").first_child();
  return reply;
}

}  // namespace crosspoint::exchange_sim
