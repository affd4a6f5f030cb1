#include "connectors/ews/soap/xml_writer.h"

#include <utility>

#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {

XmlWriter& XmlWriter::Open(std::string_view name, std::initializer_list<Attribute> attributes) {
  Start(name, attributes);
  out_.push_back('>');
  open_.emplace_back(name);
  return *this;
}

XmlWriter& XmlWriter::Close() {
  out_.append("</").append(open_.back()).push_back('>');
  open_.pop_back();
  return *this;
}

XmlWriter& XmlWriter::Empty(std::string_view name, std::initializer_list<Attribute> attributes) {
  Start(name, attributes);
  out_.append("/>");
  return *this;
}

XmlWriter& XmlWriter::Text(std::string_view name, std::string_view text, std::initializer_list<Attribute> attributes) {
  Start(name, attributes);
  out_.push_back('>');
  Escape(text);
  out_.append("</").append(name).push_back('>');
  return *this;
}

XmlWriter& XmlWriter::Raw(std::string_view xml) {
  out_.append(xml);
  return *this;
}

void XmlWriter::Start(std::string_view name, std::initializer_list<Attribute> attributes) {
  out_.append("<").append(name);
  for (const Attribute& attribute : attributes) {
    out_.append(" ").append(attribute.name).append("=\"");
    Escape(attribute.value);
    out_.push_back('"');
  }
}

void XmlWriter::Escape(std::string_view text) {
  const std::string valid = ToValidUtf8(std::string(text));
  for (size_t i = 0; i < valid.size(); ++i) {
    const char c = valid[i];
    switch (c) {
      case '&':
        out_.append("&amp;");
        break;
      case '<':
        out_.append("&lt;");
        break;
      case '>':
        out_.append("&gt;");
        break;
      case '"':
        out_.append("&quot;");
        break;
      // A reader turns a bare carriage return into a line feed, and an attribute's line feed into a blank.
      case '\r':
        out_.append("&#13;");
        break;
      case '\n':
        out_.append("&#10;");
        break;
      case '\t':
        out_.append("&#9;");
        break;
      default:
        // Control characters, U+FFFE and U+FFFF do not exist in XML 1.0.
        if (static_cast<unsigned char>(c) < 0x20) break;
        if (valid.compare(i, 3, "\xef\xbf\xbe") == 0 || valid.compare(i, 3, "\xef\xbf\xbf") == 0) {
          i += 2;
          break;
        }
        out_.push_back(c);
    }
  }
}

}  // namespace crosspoint::ews
