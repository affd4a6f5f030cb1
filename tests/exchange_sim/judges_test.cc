#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
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

  // A published request, with what the manifest says of its validity.
  struct Sample {
    std::string name;
    std::string operation;
    std::string text;
    bool valid = false;
  };
  // Requests to EWS; those to the directory service in front of it (GetUserSettings, …) are another protocol.
  std::vector<Sample> Requests() {
    std::vector<Sample> samples;
    const fs::path dir = ReferenceDir() + "/samples";
    std::ifstream manifest(dir / "MANIFEST.tsv");
    for (std::string line; std::getline(manifest, line);) {
      const auto columns = Split(line, '\t');
      const bool wanted = columns.size() > 4 && columns[2] == "request" && columns[4] != "n/a";
      if (!wanted || !columns[0].ends_with(".xml")) continue;
      samples.push_back({columns[0], columns[1], ReadAll(dir / columns[0]), columns[4] == "yes"});
      std::string& text = samples.back().text;
      // The published impersonations name people of another company.
      for (size_t at = text.find("@contoso.com</t:"); at != std::string::npos; at = text.find("@contoso.com</t:")) {
        const size_t begin = text.rfind('>', at) + 1;
        text.replace(begin, at + 12 - begin, Someone());
      }
    }
    return samples;
  }
  Reply Answer(const Sample& sample) {
    Wire wire(sim_.port());
    wire.Send(PostRequest("/EWS/Exchange.asmx", sample.text, BasicHeader("svc", "secret")));
    const bool streams = sample.operation == "GetStreamingEvents" && sample.valid;
    return streams ? ParseReply({200, "", wire.ReadEnvelope()}) : ParseReply(wire.ReadReply());
  }
};

// What an understood request may be answered: the published ids, names and subscriptions exist nowhere.
bool IsOrdinary(std::string_view code) {
  constexpr std::string_view kCodes[] = {"NoError",
                                         "ErrorInvalidIdMalformed",
                                         "ErrorItemNotFound",
                                         "ErrorFolderNotFound",
                                         "ErrorInvalidAttachmentId",
                                         "ErrorNonExistentMailbox",
                                         "ErrorNameResolutionNoResults",
                                         "ErrorNameResolutionMultipleResults",
                                         "ErrorSubscriptionNotFound",
                                         "ErrorInvalidSyncStateData",
                                         "ErrorMailRecipientNotFound"};
  return std::find(std::begin(kCodes), std::end(kCodes), code) != std::end(kCodes);
}

// Published requests of operations that are simulated which get another answer, and why that is right.
const std::map<std::string, std::string>& Exceptions() {
  static const std::map<std::string, std::string> exceptions = {
      // Names a folder of a mailbox that shares nothing.
      {"FindItem-request-1.xml", "ErrorAccessDenied"},
      {"GetFolder-request-4.xml", "ErrorAccessDenied"},
      // The example forgot the attribute that real servers demand for messages.
      {"CreateItem-request-19.xml", "ErrorMessageDispositionRequired"},
      // There is no search index; that is the answer of a server whose index is off.
      {"FindItem-request-5.xml", "ErrorContentIndexingNotEnabled"},
      // Grouping is not simulated.
      {"FindItem-request-16.xml", "ErrorInvalidOperation"},
      // Neither are calendars shared between organisations, nor tasks.
      {"CreateItem-request-29.xml", "ErrorInvalidOperation"},
      {"CreateItem-request-35.xml", "ErrorInvalidOperation"},
  };
  return exceptions;
}

// Published operations that are simulated, so that none is lost unseen.
constexpr const char* kSimulated[] = {"ResolveNames",
                                      "GetUserPhoto",
                                      "GetFolder",
                                      "FindFolder",
                                      "FindItem",
                                      "GetItem",
                                      "CreateItem",
                                      "UpdateItem",
                                      "DeleteItem",
                                      "SendItem",
                                      "CopyItem",
                                      "CreateAttachment",
                                      "GetAttachment",
                                      "SyncFolderItems",
                                      "Subscribe",
                                      "GetStreamingEvents",
                                      "GetEvents",
                                      "CreateFolder",
                                      "UpdateFolder",
                                      "DeleteFolder",
                                      "SyncFolderHierarchy",
                                      "FindPeople",
                                      "ExpandDL",
                                      "GetRoomLists",
                                      "GetRooms",
                                      "GetUserAvailability",
                                      "GetUserOofSettings",
                                      "SetUserOofSettings",
                                      "GetServerTimeZones"};

// Published operations that are not simulated: delegates are set over the side channel, and nothing of Crosspoint needs
// contact groups of IM, conversations, stored configuration, mail tips, reminders, or telephones driven by Exchange.
bool IsNotSimulated(const std::string& operation) {
  static const std::set<std::string> operations = {"AddDelegate",
                                                   "AddNewTelUriContactToGroup",
                                                   "CreateUserConfiguration",
                                                   "DisconnectPhoneCall",
                                                   "FindConversation",
                                                   "GetDelegate",
                                                   "GetMailTips",
                                                   "GetPhoneCallInformation",
                                                   "GetReminders",
                                                   "GetServiceConfiguration",
                                                   "GetUserConfiguration",
                                                   "MarkAllItemsAsRead",
                                                   "PlayOnPhone"};
  return operations.contains(operation);
}

TEST_F(Judges, EveryPublishedRequestOfOurOperationsIsUnderstood) {
  if (Schema() == nullptr) GTEST_SKIP() << "NO REFERENCE DATA: the published requests were not tried";
  std::set<std::string> ours;
  std::set<std::string> others;
  std::map<std::string, int> count;
  for (const Sample& sample : Requests()) {
    const Reply reply = Answer(sample);
    const std::string code = reply.Code();
    ASSERT_FALSE(code.empty()) << sample.name;
    if (reply.Text("faultstring").find("is not simulated") != std::string::npos) {
      others.insert(sample.operation);
      continue;
    }
    ours.insert(sample.operation);
    if (!sample.valid) {
      ++count[code == "ErrorSchemaValidation" ? "refused that the schema refuses too" : "understood all the same"];
      continue;
    }
    const auto exception = Exceptions().find(sample.name);
    if (exception == Exceptions().end()) {
      EXPECT_TRUE(IsOrdinary(code)) << sample.name << ": " << code << " " << reply.Text("MessageText")
                                    << reply.Text("faultstring");
    } else {
      EXPECT_EQ(code, exception->second) << sample.name << " is no exception any more";
    }
    ++count[exception == Exceptions().end() ? "understood" : "exceptions, each with its reason above"];
  }
  for (const std::string& operation : others) EXPECT_TRUE(IsNotSimulated(operation)) << operation;
  for (const std::string operation : kSimulated) {
    EXPECT_TRUE(ours.contains(operation)) << operation;
  }
  std::cout << "published requests of " << ours.size() << " operations:";
  for (const auto& [what, number] : count) std::cout << " " << number << " " << what << ";";
  std::cout << " operations not simulated:";
  for (const std::string& operation : others) std::cout << " " << operation;
  std::cout << "\n";
}

// Runs one of the checks beside this file.
class Exchangelib : public Judges {
 protected:
  void Run(std::string_view check, std::string_view arguments) {
    const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
    ASSERT_NE(source, nullptr);
    if (std::system("/usr/bin/python3 -c 'import exchangelib' 2>/dev/null") != 0) {
      std::cerr << "\n*** python3-exchangelib IS NOT INSTALLED: its check does not run ***\n\n";
      GTEST_SKIP() << "python3-exchangelib is not installed";
    }
    const std::string command = fmt::format("timeout 300 /usr/bin/python3 {}/tests/exchange_sim/{} {} svc secret {}",
                                            source, check, sim_.url(), arguments);
    EXPECT_EQ(std::system(command.c_str()), 0);
    const auto stats = nlohmann::json::parse(Admin("GET", "/sim/stats").body);
    EXPECT_TRUE(stats["unknown_operations"].empty()) << stats["unknown_operations"];
  }
};

TEST_F(Exchangelib, ListsCreatesChangesDeletesSyncsAndStreams) {
  Run("exchangelib_check.py", fmt::format("{} {}", Someone(0), Someone(1)));
}

TEST_F(Exchangelib, AsksForFoldersPeopleTimeAndNews) {
  Run("exchangelib_server_check.py", fmt::format("{} {} users", Someone(0), Someone(1)));
}

// What another client takes in its stride is no nonsense of ours.
TEST_F(Exchangelib, MindsNeitherPrefixesNorElementsThatItDoesNotKnow) {
  Admin("POST", "/sim/quirks", R"({"on": ["prefixes", "unknown_elements", "repeated_elements", "http200_faults"]})");
  Run("exchangelib_check.py", fmt::format("{} {}", Someone(0), Someone(1)));
}

}  // namespace
}  // namespace crosspoint::exchange_sim
