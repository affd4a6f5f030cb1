#include "tests/support/ews_reference/reference.h"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace crosspoint::testing {
namespace {

void Collect(void* text, const char* format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  static_cast<std::string*>(text)->append(line);
}

std::filesystem::path Directory() {
  if (const char* given = std::getenv("CROSSPOINT_REFERENCE")) return std::filesystem::path(given) / "ews";
  const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
  const std::filesystem::path tree = source != nullptr ? source : CROSSPOINT_TREE;
  return tree / ".." / "shared" / "reference" / "ews";
}

}  // namespace

struct EwsReference::Schema {
  xmlSchemaPtr schema = nullptr;
  ~Schema() { xmlSchemaFree(schema); }
};

const EwsReference* EwsReference::Find() {
  static const EwsReference* const reference = []() -> const EwsReference* {
    const std::filesystem::path directory = Directory();
    if (std::filesystem::exists(directory / "schema" / "ews-all.xsd")) return new EwsReference(directory);
    std::fprintf(stderr,
                 "********************************************************************************\n"
                 "SKIPPED for want of Microsoft's EWS schema and samples: nothing at\n  %s\n"
                 "Set CROSSPOINT_REFERENCE to the directory that holds `ews/schema` and `ews/samples`.\n"
                 "********************************************************************************\n",
                 directory.c_str());
    return nullptr;
  }();
  return reference;
}

EwsReference::EwsReference(std::filesystem::path directory)
    : directory_(std::move(directory)), schema_(std::make_unique<Schema>()) {
  const std::string file = (directory_ / "schema" / "ews-all.xsd").string();
  xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(file.c_str());
  schema_->schema = xmlSchemaParse(parser);
  xmlSchemaFreeParserCtxt(parser);
  if (schema_->schema == nullptr) throw std::runtime_error("cannot read the schema " + file);
}

EwsReference::~EwsReference() = default;

std::string EwsReference::Violations(std::string_view xml) const {
  std::string text;
  xmlDocPtr document = xmlReadMemory(xml.data(), static_cast<int>(xml.size()), nullptr, nullptr,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  if (document == nullptr) return "not well-formed";
  xmlSchemaValidCtxtPtr context = xmlSchemaNewValidCtxt(schema_->schema);
  xmlSchemaSetValidErrors(context, Collect, Collect, &text);
  const int result = xmlSchemaValidateDoc(context, document);
  xmlSchemaFreeValidCtxt(context);
  xmlFreeDoc(document);
  if (result != 0 && text.empty()) text = "invalid";
  return text;
}

std::vector<EwsReference::Sample> EwsReference::Samples() const {
  std::vector<Sample> samples;
  std::ifstream manifest(directory_ / "samples" / "MANIFEST.tsv");
  for (std::string line; std::getline(manifest, line);) {
    std::istringstream cells(line);
    std::string file;
    std::string operation;
    std::string direction;
    std::string source;
    std::string valid;
    for (std::string* cell : {&file, &operation, &direction, &source, &valid}) std::getline(cells, *cell, '\t');
    if (std::filesystem::path(file).extension() != ".xml") continue;
    samples.push_back({directory_ / "samples" / file, operation, direction == "request", valid == "yes"});
  }
  return samples;
}

std::string EwsReference::Read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace crosspoint::testing
