#include "common/config/binder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "common/config/duration.h"
#include "common/status/status.h"

namespace crosspoint::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Store {
  std::string address = "127.0.0.1:6379";
  std::filesystem::path password_file;
};
void BindConfig(Binder& binder, Store& store) {
  binder.Field("address", store.address).SecretFile("password_file", store.password_file);
}

struct Tenant {
  std::string url;
  int limit = 25;
  std::map<std::string, Store> secrets;
};
void BindConfig(Binder& binder, Tenant& tenant) {
  binder.Field("url", tenant.url).Required("url").Field("limit", tenant.limit, {1, 25}).Map("secrets", tenant.secrets);
}

enum class Mode { kSingle, kWaitAll };

struct Sample {
  Store redis;
  std::chrono::seconds line_lease{90};
  int threads = 64;
  bool cache = true;
  double ratio = 1;
  Mode mode = Mode::kSingle;
  std::vector<std::string> peers;
  std::map<std::string, Tenant> tenants;
  std::vector<Tenant> list;
};
void BindConfig(Binder& binder, Sample& sample) {
  binder.Block("redis", sample.redis)
      .Field("line_lease", sample.line_lease, {1s, 1h})
      .Field("threads", sample.threads, {1, 512})
      .Field("cache", sample.cache)
      .Field("ratio", sample.ratio, {0, 1})
      .Choice("mode", sample.mode, {{"single", Mode::kSingle}, {"wait_all", Mode::kWaitAll}})
      .Field("peers", sample.peers)
      .Map("tenants", sample.tenants)
      .List("list", sample.list);
}

class BinderTest : public ::testing::Test {
 protected:
  BinderTest() {
    char name[] = "/tmp/crosspoint_config_XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~BinderTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path Write(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    return path;
  }

  // Loads `yaml`; the error without the folder's name, "" when it was fine.
  std::string Load(const std::string& yaml, const Environment& environment = {}) {
    Binder binder;
    BindConfig(binder, sample_);
    const auto status = binder.Load(Write("sample.yaml", yaml), "CROSSPOINT_SAMPLE_", environment);
    keys_ = binder.keys();
    if (status.ok()) return "";
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    auto text = MessageOf(status);
    EXPECT_THAT(text, Not(HasSubstr("\n")));
    const auto at = text.find(folder_.string() + "/");
    return at == std::string::npos ? text : text.erase(at, folder_.string().size() + 1);
  }

  std::filesystem::path folder_;
  Sample sample_;
  std::vector<std::string> keys_;
};

TEST_F(BinderTest, KeepsDefaultsOfWhatIsNotSet) {
  EXPECT_EQ(Load("threads: 8\n"), "");
  EXPECT_EQ(sample_.threads, 8);
  EXPECT_EQ(sample_.line_lease, 90s);
  EXPECT_EQ(sample_.redis.address, "127.0.0.1:6379");
}

TEST_F(BinderTest, EmptyFileIsFine) { EXPECT_EQ(Load("# nothing\n"), ""); }

TEST_F(BinderTest, ReadsEveryKindOfValue) {
  EXPECT_EQ(
      Load("redis: {address: 'redis:1'}\nline_lease: 2m\nthreads: 7\ncache: false\nratio: 0.25\nmode: wait_all\n"
           "peers: [a, b]\ntenants: {acme: {url: u1}, umbrella: {url: u2, limit: 3}}\nlist: [{url: x}, {url: y}]\n"),
      "");
  EXPECT_EQ(sample_.redis.address, "redis:1");
  EXPECT_EQ(sample_.line_lease, 120s);
  EXPECT_FALSE(sample_.cache);
  EXPECT_EQ(sample_.ratio, 0.25);
  EXPECT_EQ(sample_.mode, Mode::kWaitAll);
  EXPECT_THAT(sample_.peers, ElementsAre("a", "b"));
  EXPECT_EQ(sample_.tenants.at("acme").limit, 25);
  EXPECT_EQ(sample_.tenants.at("umbrella").limit, 3);
  EXPECT_EQ(sample_.list.at(1).url, "y");
}

TEST_F(BinderTest, ReadsMapsInsideMapsAndLists) {
  EXPECT_EQ(Load("tenants: {acme: {secrets: {lab: {address: 'a:1'}}, url: u}}\n"
                 "list: [{url: x, secrets: {one: {address: 'b:1'}, two: {}}}]\n"),
            "");
  EXPECT_EQ(sample_.tenants.at("acme").secrets.at("lab").address, "a:1");
  EXPECT_EQ(sample_.list.at(0).secrets.at("one").address, "b:1");
  EXPECT_THAT(
      Load("tenants: {acme: {url: u, secrets: {lab: {adress: 'a:1'}}}}\n"),
      HasSubstr("tenants.acme.secrets.lab.adress: unknown key; did you mean tenants.acme.secrets.lab.address?"));
}

TEST_F(BinderTest, VariableWinsOverFile) {
  EXPECT_EQ(Load("redis:\n  address: file:1\npeers: [a]\n",
                 {{"CROSSPOINT_SAMPLE_REDIS_ADDRESS", "variable:2"}, {"CROSSPOINT_SAMPLE_PEERS", "x, y"}}),
            "");
  EXPECT_EQ(sample_.redis.address, "variable:2");
  EXPECT_THAT(sample_.peers, ElementsAre("x", "y"));
}

TEST_F(BinderTest, VariableSetsFieldOfMapEntryFromFile) {
  EXPECT_EQ(Load("tenants:\n  acme-eu: {url: u}\n", {{"CROSSPOINT_SAMPLE_TENANTS_ACME_EU_LIMIT", "5"}}), "");
  EXPECT_EQ(sample_.tenants.at("acme-eu").limit, 5);
}

TEST_F(BinderTest, VariablesOfOthersAreIgnored) {
  EXPECT_EQ(Load("", {{"CROSSPOINT_OTHER_THREADS", "x"}, {"HOME", "/"}}), "");
}

TEST_F(BinderTest, ServiceLinksOfKubernetesAreIgnored) {
  EXPECT_EQ(Load("", {{"CROSSPOINT_SAMPLE_PORT", "tcp://10.0.0.1:9090"},
                      {"CROSSPOINT_SAMPLE_SERVICE_HOST", "10.0.0.1"},
                      {"CROSSPOINT_SAMPLE_SERVICE_PORT_GRPC", "9090"},
                      {"CROSSPOINT_SAMPLE_PORT_9090_TCP_ADDR", "10.0.0.1"}}),
            "");
}

TEST_F(BinderTest, UnknownKeyNamesTheNearest) {
  EXPECT_EQ(Load("threads: 1\nredis:\n  adress: x\n"),
            "sample.yaml:3: redis.adress: unknown key; did you mean redis.address?");
}

TEST_F(BinderTest, UnknownBlockNamesTheNearest) {
  EXPECT_EQ(Load("rdeis:\n  address: x\n"), "sample.yaml:1: rdeis: unknown key; did you mean redis?");
}

TEST_F(BinderTest, KeyInTheWrongBlockNamesTheRightOne) {
  EXPECT_EQ(Load("address: x\n"), "sample.yaml:1: address: unknown key; did you mean redis.address?");
}

TEST_F(BinderTest, UnknownKeyFarFromAllListsThem) {
  EXPECT_EQ(Load("redis:\n  colour_of_the_sky: blue\n"),
            "sample.yaml:2: redis.colour_of_the_sky: unknown key; known here: address, password_file");
}

TEST_F(BinderTest, UnknownKeyInMapEntryIsRefused) {
  EXPECT_EQ(Load("tenants:\n  acme:\n    url: u\n    limmit: 3\n"),
            "sample.yaml:4: tenants.acme.limmit: unknown key; did you mean tenants.acme.limit?");
}

TEST_F(BinderTest, UnknownVariableNamesTheNearest) {
  EXPECT_EQ(Load("", {{"CROSSPOINT_SAMPLE_REDIS_ADRESS", "x"}}),
            "CROSSPOINT_SAMPLE_REDIS_ADRESS: unknown variable; did you mean CROSSPOINT_SAMPLE_REDIS_ADDRESS?");
}

TEST_F(BinderTest, BadValuesSayWhatWouldBeRight) {
  EXPECT_EQ(Load("threads: many\n"), "sample.yaml:1: threads: \"many\" must be a whole number from 1 to 512");
  EXPECT_EQ(Load("threads: 513\n"), "sample.yaml:1: threads: \"513\" must be a whole number from 1 to 512");
  EXPECT_EQ(Load("line_lease: 90\n"),
            "sample.yaml:1: line_lease: \"90\" must be a duration such as 90s, 250ms, 5m, 1h or 7d");
  EXPECT_EQ(Load("line_lease: 2h\n"), "sample.yaml:1: line_lease: \"2h\" must be from 1s to 1h");
  EXPECT_EQ(Load("line_lease: 1500ms\n"), "sample.yaml:1: line_lease: \"1500ms\" must be a multiple of 1s");
  EXPECT_EQ(Load("cache: maybe\n"), "sample.yaml:1: cache: \"maybe\" must be true or false");
  EXPECT_EQ(Load("ratio: 1.5\n"), "sample.yaml:1: ratio: \"1.5\" must be a number from 0 to 1");
  EXPECT_EQ(Load("mode: both\n"), "sample.yaml:1: mode: \"both\" must be one of single, wait_all");
  EXPECT_EQ(Load("", {{"CROSSPOINT_SAMPLE_THREADS", "x"}}),
            "CROSSPOINT_SAMPLE_THREADS: \"x\" must be a whole number from 1 to 512");
}

TEST_F(BinderTest, WrongShapesAreRefused) {
  EXPECT_EQ(Load("threads: [1]\n"), "sample.yaml:1: threads: must be a single value");
  EXPECT_EQ(Load("threads:\n"), "sample.yaml:1: threads: has no value; set one or remove the key");
  EXPECT_EQ(Load("peers: a\n"), "sample.yaml:1: peers: must be a list: [first, second]");
  EXPECT_EQ(Load("redis: local\n"), "sample.yaml:1: redis: must be a block with keys of its own");
  EXPECT_EQ(Load("tenants: [a]\n"), "sample.yaml:1: tenants: must be a block of names, each with its keys");
  EXPECT_EQ(Load("- a\n"), "sample.yaml:1: must hold keys and values");
  EXPECT_THAT(Load("threads: [1\n"), HasSubstr("sample.yaml:2: not YAML"));
}

TEST_F(BinderTest, KeyTwiceIsRefused) {
  EXPECT_EQ(Load("threads: 1\nthreads: 2\n"), "sample.yaml:2: threads: is there twice");
}

TEST_F(BinderTest, DottedNameDoesNotReachIntoABlock) {
  EXPECT_THAT(Load("redis.address: x\n"), HasSubstr("redis.address: unknown key"));
}

TEST_F(BinderTest, MissingRequiredKeyIsNamedWithItsVariable) {
  EXPECT_EQ(Load("tenants:\n  acme: {limit: 3}\n"),
            "sample.yaml: tenants.acme.url: is required; set it here or as CROSSPOINT_SAMPLE_TENANTS_ACME_URL");
}

TEST_F(BinderTest, MissingFileIsSaid) {
  Binder binder;
  BindConfig(binder, sample_);
  EXPECT_EQ(MessageOf(binder.Load("/nowhere/sample.yaml", "CROSSPOINT_SAMPLE_", {})),
            "/nowhere/sample.yaml: cannot be read");
}

TEST_F(BinderTest, WithoutFileVariablesAlone) {
  Binder binder;
  BindConfig(binder, sample_);
  EXPECT_TRUE(binder.Load("", "CROSSPOINT_SAMPLE_", {{"CROSSPOINT_SAMPLE_THREADS", "3"}}).ok());
  EXPECT_EQ(sample_.threads, 3);
}

TEST_F(BinderTest, SecretIsAFileAndNeverRepeated) {
  const auto message = Load("redis:\n  password_file: hunter2\n");
  EXPECT_EQ(message,
            "sample.yaml:2: redis.password_file: must be the path of a readable file that holds the secret, never the "
            "secret itself");
  EXPECT_EQ(Load("redis:\n  password_file: " + Write("password", "hunter2\n").string() + "\n"), "");
  EXPECT_EQ(ReadSecretFile(sample_.redis.password_file).value(), "hunter2");
}

TEST_F(BinderTest, EmptySecretFileIsRefusedWhenRead) {
  EXPECT_EQ(ReadSecretFile(Write("empty", "\n")).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadSecretFile(folder_ / "missing").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(BinderTest, CheckNamesWhereTheValueCameFrom) {
  const auto load = [&](const std::string& yaml, const Environment& environment) {
    Binder binder;
    BindConfig(binder, sample_);
    binder.Check("threads", [&] { return sample_.threads % 2 == 0 ? "" : "must be even"; });
    return MessageOf(binder.Load(Write("c.yaml", yaml), "CROSSPOINT_SAMPLE_", environment));
  };
  EXPECT_EQ(load("threads: 4\n", {}), "");
  EXPECT_THAT(load("threads: 3\n", {}), HasSubstr("c.yaml:1: threads: must be even"));
  EXPECT_EQ(load("threads: 4\n", {{"CROSSPOINT_SAMPLE_THREADS", "5"}}), "CROSSPOINT_SAMPLE_THREADS: must be even");
}

TEST_F(BinderTest, ListsItsKeys) {
  EXPECT_EQ(Load("tenants: {acme: {url: u}}\n"), "");
  EXPECT_THAT(keys_, ElementsAre("cache", "line_lease", "list", "mode", "peers", "ratio", "redis.address",
                                 "redis.password_file", "tenants", "tenants.acme.limit", "tenants.acme.secrets",
                                 "tenants.acme.url", "threads"));
}

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(ParseDuration("90s").value(), 90s);
  EXPECT_EQ(ParseDuration("250ms").value(), 250ms);
  EXPECT_EQ(ParseDuration("5m").value(), 5min);
  EXPECT_EQ(ParseDuration("1h").value(), 1h);
  EXPECT_EQ(ParseDuration("7d").value(), 168h);
  EXPECT_EQ(ParseDuration("10us").value(), 10us);
  EXPECT_EQ(ParseDuration("0").value(), 0s);
}

TEST(Duration, RefusesWhatIsNotOne) {
  for (const auto* text :
       {"", "s", "90", "-1s", "+1s", "1.5s", "1 s", "1S", "1y", "1s2ms", "99999999999999999999s", "9999999999999d"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(Duration, PrintsWhatItReads) {
  for (const auto* text : {"90s", "2m", "250ms", "7d", "0s", "1500us", "7ns"}) {
    EXPECT_EQ(FormatDuration(ParseDuration(text).value()), text);
  }
}

}  // namespace
}  // namespace crosspoint::config
