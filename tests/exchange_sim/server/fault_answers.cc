#include "exchange_sim/server/fault_answers.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <sstream>
#include <thread>

#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kXml = "text/xml; charset=utf-8";
constexpr std::string_view kBusyText = "The server cannot service this request right now. Try again later.";

using Values = std::map<std::string, std::string>;

Values BackOff(const InjectedFault& fault) {
  if (fault.back_off_ms == 0) return {};
  return {{"BackOffMilliseconds", std::to_string(fault.back_off_ms)}};
}

void Soap(int status, std::string_view body, HttpResponse& response) {
  response.status = status;
  response.content_type = kXml;
  response.body = Envelope(body);
}

// Answers whose own element is the response message.
bool IsBare(std::string_view operation) {
  constexpr auto kBare =
      std::to_array<std::string_view>({"FindPeople", "GetUserPhoto", "GetRooms", "GetRoomLists", "GetUserAvailability",
                                       "GetUserOofSettings", "SetUserOofSettings"});
  return std::find(kBare.begin(), kBare.end(), operation) != kBare.end();
}

void MessageError(const absl::Status& error, std::string_view operation, HttpResponse& response) {
  if (IsBare(operation) || operation == "GetStreamingEvents") return Soap(500, FaultBody(error), response);
  Messages messages(operation);
  messages.Add(error, ErrorContent(operation));
  Soap(200, messages.Take(), response);
}

bool HttpError(const InjectedFault& fault, HttpResponse& response) {
  static const std::map<std::string_view, int> statuses = {
      {"http_429", 429}, {"http_500", 500}, {"http_503", 503}, {"http_redirect", 302}};
  const auto status = statuses.find(fault.kind);
  if (status == statuses.end()) return false;
  response.status = status->second;
  response.body = "Injected failure.\n";
  if (fault.retry_after_s > 0) response.headers.emplace("Retry-After", std::to_string(fault.retry_after_s));
  if (fault.kind == "http_redirect") response.headers.emplace("Location", fault.location);
  return true;
}

// Sends `text` in pieces of `bytes`, a pause between them.
auto Dripping(std::string text, size_t bytes, milliseconds pause) {
  return [text = std::move(text), bytes, pause](HttpStream& out) {
    for (size_t at = 0; at < text.size(); at += bytes) {
      if (!out.Write(std::string_view(text).substr(at, bytes))) return;
      std::this_thread::sleep_for(pause);
    }
  };
}

// The answer up to the end of its body, and then text for as long as somebody reads.
auto Endless(const std::string& text, milliseconds pause) {
  return [begin = text.substr(0, text.find("</s:Body>")), pause](HttpStream& out) {
    const std::string more(16'384, 'x');
    if (!out.Write(begin)) return;
    while (out.Write(more)) std::this_thread::sleep_for(pause);
  };
}

// `declaration` in front of the root element, and an entity that it declares in the body.
std::string WithDoctype(const std::string& text, std::string_view declarations, std::string_view entity) {
  const size_t root = text.find("<s:Envelope");
  const size_t body = text.find("</s:Body>");
  return fmt::format("{}<!DOCTYPE s:Envelope [{}]>{}{}{}", text.substr(0, root), declarations,
                     text.substr(root, body - root), entity, text.substr(body));
}

std::string Bomb() {
  std::string declarations = "<!ENTITY a0 \"ha\">";
  for (int i = 1; i <= 30; ++i) {
    declarations += fmt::format("<!ENTITY a{} \"", i);
    for (int j = 0; j < 10; ++j) declarations += fmt::format("&a{};", i - 1);
    declarations += "\">";
  }
  return declarations;
}

std::string Deep(const std::string& text) {
  constexpr size_t kDepth = 100'000;
  const size_t body = text.find("</s:Body>");
  std::string nested;
  for (size_t i = 0; i < kDepth; ++i) nested += "<t:x>";
  for (size_t i = 0; i < kDepth; ++i) nested += "</t:x>";
  return text.substr(0, body) + nested + text.substr(body);
}

pugi::xml_node BatchOf(pugi::xml_node operation) {
  constexpr auto kLists =
      std::to_array<const char*>({"m:ItemIds", "m:Items", "m:ItemChanges", "m:Folders", "m:FolderIds",
                                  "m:ParentFolderIds", "m:FolderChanges", "m:AttachmentIds", "m:SourceIds"});
  for (const char* name : kLists) {
    if (const pugi::xml_node list = operation.child(name)) return list;
  }
  return {};
}

}  // namespace

bool AnswerInstead(const InjectedFault& fault, std::string_view operation, HttpResponse& response) {
  const std::string& kind = fault.kind;
  if (HttpError(fault, response)) return true;
  if (kind == "server_busy" || kind == "http200_fault") {
    Soap(kind == "server_busy" ? 500 : 200, FaultBody(EwsError("ErrorServerBusy", kBusyText, BackOff(fault))),
         response);
  } else if (kind == "internal_busy") {
    Values values = BackOff(fault);
    values["InnerErrorResponseCode"] = "ErrorServerBusy";
    values["InnerErrorMessageText"] = kBusyText;
    MessageError(
        EwsError("ErrorInternalServerError", "An internal server error occurred. The operation failed.", values),
        operation, response);
  } else if (kind == "fault") {
    Soap(500, FaultBody(EwsError(fault.code, "Injected failure.", BackOff(fault))), response);
  } else if (kind == "message_error") {
    MessageError(EwsError(fault.code, "Injected failure.", BackOff(fault)), operation, response);
  } else if (kind == "bad_sync_state") {
    MessageError(EwsError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid."),
                 operation, response);
  } else if (kind == "html_page") {
    response.content_type = "text/html; charset=utf-8";
    response.body = "<!DOCTYPE html><html><head><title>Sign in</title><body><p>Please sign in<br></body></html>\n";
  } else if (kind == "drop_connection") {
    response.drop_connection = true;
  } else {
    return false;
  }
  return true;
}

void Spoil(const InjectedFault& fault, HttpResponse& response) {
  if (response.stream || response.body.empty()) return;
  const milliseconds pause(fault.delay_ms);
  const std::string text = std::move(response.body);
  response.body.clear();
  if (fault.kind == "slow_drip") {
    response.stream = Dripping(text, static_cast<size_t>(fault.bytes), pause);
  } else if (fault.kind == "endless_answer") {
    response.stream = Endless(text, pause);
  } else if (fault.kind == "truncated") {
    response.stream = [half = text.substr(0, text.size() / 2)](HttpStream& out) {
      out.Write(half);
      out.Break();
    };
  } else if (fault.kind == "malformed_xml") {
    response.body = text.substr(0, text.rfind("</s:Body>")) + "</s:Bodi></s:Envelope>";
  } else if (fault.kind == "doctype") {
    response.body = WithDoctype(text, "<!ENTITY e \"entity\">", "&e;");
  } else if (fault.kind == "xml_bomb") {
    response.body = WithDoctype(text, Bomb(), "&a30;");
  } else if (fault.kind == "deep_xml") {
    response.body = Deep(text);
  } else {
    response.body = text;
  }
}

BatchFault::BatchFault(const InjectedFault& fault, pugi::xml_node operation) : fault_(fault) {
  pugi::xml_node list = BatchOf(operation);
  const auto items = Elements(list);
  total_ = items.size();
  bool stopped = false;
  for (size_t i = 0; i < items.size(); ++i) {
    const bool fails = (i + 1) % static_cast<size_t>(fault.every) == 0;
    if (!fails && !stopped) continue;
    stopped = stopped || fault.stop;
    list.remove_child(items[i]);
    taken_.push_back(i);
  }
}

std::string BatchFault::Merge(std::string_view answer, std::string_view operation) const {
  pugi::xml_document document;
  // The prefixes are declared in the envelope, which pugixml does not mind.
  document.load_buffer(answer.data(), answer.size());
  const auto given = Elements(document.document_element().child("m:ResponseMessages"));
  std::string messages;
  size_t next = 0;
  bool failed = false;
  for (size_t i = 0; i < total_; ++i) {
    if (!std::binary_search(taken_.begin(), taken_.end(), i)) {
      if (next < given.size()) messages += Fragment(given[next++]);
      continue;
    }
    const bool stopped = failed && fault_.stop;
    failed = true;
    XmlWriter out;
    out.Open(fmt::format("m:{}ResponseMessage", operation)).Attribute("ResponseClass", stopped ? "Warning" : "Error");
    WriteError(out, stopped ? EwsError("ErrorBatchProcessingStopped",
                                       "The batch processing was stopped because of an error in an earlier item.")
                            : EwsError(fault_.code, "Injected failure."));
    out.Raw(ErrorContent(operation));
    messages += out.Close().Take();
  }
  return fmt::format("<m:{0}Response><m:ResponseMessages>{1}</m:ResponseMessages></m:{0}Response>", operation,
                     messages);
}

}  // namespace crosspoint::exchange_sim
