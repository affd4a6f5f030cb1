#include "exchange_sim/schema_check.h"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <map>
#include <mutex>

#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

// Keeps the first complaint only: the rest follows from it.
void KeepFirst(void* context, xmlErrorPtr error) {
  auto& first = *static_cast<std::string*>(context);
  if (first.empty()) first = fmt::format("line {}: {}", error->line, error->message == nullptr ? "" : error->message);
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

struct SchemaChecker::Impl {
  xmlSchemaPtr schema = nullptr;
  ~Impl() { xmlSchemaFree(schema); }
};

SchemaChecker::SchemaChecker() : impl_(std::make_unique<Impl>()) {}
SchemaChecker::~SchemaChecker() = default;

absl::StatusOr<std::shared_ptr<const SchemaChecker>> SchemaChecker::Load(const std::string& dir) {
  static std::mutex mu;
  static std::map<std::string, std::shared_ptr<const SchemaChecker>> loaded;  // guarded by mu
  std::lock_guard lock(mu);
  if (const auto found = loaded.find(dir); found != loaded.end()) return found->second;
  const std::string file = dir + "/ews-all.xsd";
  std::shared_ptr<SchemaChecker> checker(new SchemaChecker);
  std::string error;
  xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(file.c_str());
  if (parser != nullptr) {
    xmlSchemaSetParserStructuredErrors(parser, KeepFirst, &error);
    checker->impl_->schema = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
  }
  if (checker->impl_->schema == nullptr) return absl::NotFoundError(fmt::format("cannot read {}: {}", file, error));
  return loaded[dir] = checker;
}

absl::Status SchemaChecker::Check(std::string_view message) const {
  std::string text(message);
  if (text.find("<m:GetStreamingEventsResponse>") != std::string::npos) {
    ReplaceAll(text, "<m:Notification>", "<t:Notification>");
    ReplaceAll(text, "</m:Notification>", "</t:Notification>");
  }
  xmlDocPtr document = xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  if (document == nullptr) return absl::InvalidArgumentError("not well-formed");
  std::string error;
  xmlSchemaValidCtxtPtr validator = xmlSchemaNewValidCtxt(impl_->schema);
  xmlSchemaSetValidStructuredErrors(validator, KeepFirst, &error);
  const int result = xmlSchemaValidateDoc(validator, document);
  xmlSchemaFreeValidCtxt(validator);
  xmlFreeDoc(document);
  return result == 0 ? absl::OkStatus() : absl::InvalidArgumentError(error);
}

}  // namespace crosspoint::exchange_sim
