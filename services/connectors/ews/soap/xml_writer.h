#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::ews {

struct Attribute {
  std::string_view name;
  std::string_view value;
};

// Writes elements in the order of the calls. Text is escaped; characters that XML 1.0 cannot carry are left out.
class XmlWriter {
 public:
  XmlWriter& Open(std::string_view name, std::initializer_list<Attribute> attributes = {});
  XmlWriter& Close();
  // An element without content.
  XmlWriter& Empty(std::string_view name, std::initializer_list<Attribute> attributes = {});
  // An element with text.
  XmlWriter& Text(std::string_view name, std::string_view text, std::initializer_list<Attribute> attributes = {});
  XmlWriter& Raw(std::string_view xml);

  std::string Take() { return std::move(out_); }

 private:
  void Start(std::string_view name, std::initializer_list<Attribute> attributes);
  void Escape(std::string_view text);

  std::string out_;
  std::vector<std::string> open_;
};

inline std::string_view BoolText(bool value) { return value ? "true" : "false"; }

}  // namespace crosspoint::ews
