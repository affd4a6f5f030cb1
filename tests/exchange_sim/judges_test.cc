#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "exchange_sim/sim_fixture.h"
#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What others wrote: published requests, and a client that knows nothing of us.
class Judges : public SimTest {
 protected:
  Judges() { expect_valid_ = false; }

  // The samples of the operations that are simulated, with what the manifest says of their validity.
  struct Sample {
    fs::path file;
    bool valid = false;
  };
  static std::vector<Sample> Requests(const std::set<std::string>& operations) {
    std::vector<Sample> samples;
    const fs::path dir = ReferenceDir() + "/samples";
    std::ifstream manifest(dir / "MANIFEST.tsv");
    for (std::string line; std::getline(manifest, line);) {
      const auto columns = Split(line, '\t');
      const bool wanted = columns.size() > 4 && operations.contains(columns[1]) && columns[2] == "request";
      if (wanted && columns[0].ends_with(".xml")) samples.push_back({dir / columns[0], columns[4] == "yes"});
    }
    return samples;
  }
};

TEST_F(Judges, EveryPublishedRequestOfOurOperationsIsUnderstood) {
  if (Schema() == nullptr) GTEST_SKIP() << "NO REFERENCE DATA: the published requests were not tried";
  const auto samples =
      Requests({"ResolveNames", "GetFolder", "FindFolder", "FindItem", "GetItem", "CreateItem", "UpdateItem",
                "DeleteItem", "SyncFolderItems", "Subscribe", "GetStreamingEvents", "Unsubscribe", "GetUserPhoto"});
  ASSERT_GT(samples.size(), 80u);
  int understood = 0;
  int refused = 0;
  for (const Sample& sample : samples) {
    std::string text = ReadAll(sample.file);
    // The published impersonations name people of another company.
    for (size_t at = text.find("@contoso.com</t:"); at != std::string::npos; at = text.find("@contoso.com</t:")) {
      const size_t begin = text.rfind('>', at) + 1;
      text.replace(begin, at + 12 - begin, Someone());
    }
    Wire wire(sim_.port());
    wire.Send(PostRequest("/EWS/Exchange.asmx", text, BasicHeader("svc", "secret")));
    const bool streams = text.find("GetStreamingEvents") != std::string::npos && sample.valid;
    const Reply reply = streams ? ParseReply({200, "", wire.ReadEnvelope()}) : ParseReply(wire.ReadReply());
    const std::string code = reply.Code();
    ASSERT_FALSE(code.empty()) << sample.file;
    if (sample.valid) {
      EXPECT_NE(code, "ErrorSchemaValidation") << sample.file << ": " << reply.Text("faultstring");
    }
    code == "ErrorSchemaValidation" ? ++refused : ++understood;
  }
  std::cout << samples.size() << " published requests: " << understood << " understood, " << refused
            << " refused that the schema refuses too\n";
}

TEST_F(Judges, ExchangelibListsCreatesChangesDeletesSyncsAndStreams) {
  const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
  ASSERT_NE(source, nullptr);
  if (std::system("/usr/bin/python3 -c 'import exchangelib' 2>/dev/null") != 0) {
    std::cerr << "\n*** python3-exchangelib IS NOT INSTALLED: its check does not run ***\n\n";
    GTEST_SKIP() << "python3-exchangelib is not installed";
  }
  const std::string command =
      fmt::format("timeout 300 /usr/bin/python3 {}/tests/exchange_sim/exchangelib_check.py {} svc secret {} {}", source,
                  sim_.url(), Someone(0), Someone(1));
  EXPECT_EQ(std::system(command.c_str()), 0);
  const auto stats = nlohmann::json::parse(Admin("GET", "/sim/stats").body);
  EXPECT_EQ(stats["unknown_operations"].size(), 1u) << stats["unknown_operations"];  // ConvertId, to learn our version
}

}  // namespace
}  // namespace crosspoint::exchange_sim
