#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::testing {

// Microsoft's interface description and published messages. They are not part of this repository: looked for in
// CROSSPOINT_REFERENCE, then in `../shared/reference` beside the source tree.
class EwsReference {
 public:
  struct Sample {
    std::filesystem::path file;
    std::string operation;
    bool is_request = false;
    bool is_valid = false;  // against the schema, as the manifest says
  };

  // nullptr, said loudly once, when the material is not there: skip the test then.
  static const EwsReference* Find();

  // Empty when `xml`, a whole SOAP envelope, is valid; else what is wrong with it.
  std::string Violations(std::string_view xml) const;
  std::vector<Sample> Samples() const;
  const std::filesystem::path& directory() const { return directory_; }
  static std::string Read(const std::filesystem::path& file);

  ~EwsReference();
  EwsReference(const EwsReference&) = delete;
  EwsReference& operator=(const EwsReference&) = delete;

 private:
  struct Schema;
  explicit EwsReference(std::filesystem::path directory);

  const std::filesystem::path directory_;
  std::unique_ptr<Schema> schema_;
};

}  // namespace crosspoint::testing
