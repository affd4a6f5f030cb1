#include "common/redis/wire.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>

#include "common/redis/errors.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

// Where the parser puts the element it has just read: into its parent, which grows with what really arrives rather than
// with what the header announces, or into the root (the reader's privdata). A parent's elements are complete before
// the next one is added, so pointers the reader still uses stay valid.
RedisReply* Place(const redisReadTask* task, RedisReply value) {
  if (!task->parent) {
    auto* root = static_cast<RedisReply*>(task->privdata);
    *root = std::move(value);
    return root;
  }
  auto& siblings = static_cast<RedisReply*>(task->parent->obj)->mutable_array();
  return &siblings.emplace_back(std::move(value));
}

void* CreateString(const redisReadTask* task, char* text, size_t size) {
  std::string value(text, size);
  if (task->type == REDIS_REPLY_ERROR) return Place(task, RedisReply::Error(std::move(value)));
  if (task->type == REDIS_REPLY_STATUS) return Place(task, RedisReply::SimpleString(std::move(value)));
  return Place(task, RedisReply::String(std::move(value)));
}

void* CreateArray(const redisReadTask* task, int size) {
  std::vector<RedisReply> elements;
  elements.reserve(static_cast<size_t>(std::clamp(size, 0, 64)));
  return Place(task, RedisReply::Array(std::move(elements)));
}

void* CreateInteger(const redisReadTask* task, long long value) {  // NOLINT(google-runtime-int): hiredis's signature
  return Place(task, RedisReply::Integer(value));
}

void* CreateNil(const redisReadTask* task) { return Place(task, RedisReply::Nil()); }

void FreeNothing(void*) {}  // the root belongs to the wire

redisReplyObjectFunctions kBuilders = {CreateString, CreateArray, CreateInteger, CreateNil, FreeNothing};

constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();

absl::StatusOr<std::string> ReadPassword(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string password((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.good() && !in.eof()) return absl::UnavailableError("cannot read redis.password_file " + path);
  while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) password.pop_back();
  if (password.empty()) return absl::UnavailableError("redis.password_file " + path + " is empty or missing");
  return password;
}

}  // namespace

std::string EncodeRedisCommand(const std::vector<std::string>& args) {
  std::vector<const char*> pointers;
  std::vector<size_t> sizes;
  pointers.reserve(args.size());
  sizes.reserve(args.size());
  for (const auto& arg : args) {
    pointers.push_back(arg.data());
    sizes.push_back(arg.size());
  }
  char* bytes = nullptr;
  const int size = redisFormatCommandArgv(&bytes, static_cast<int>(args.size()), pointers.data(), sizes.data());
  if (size < 0) std::abort();  // only out of memory
  std::string out(bytes, static_cast<size_t>(size));
  redisFreeCommand(bytes);
  return out;
}

absl::StatusOr<std::unique_ptr<RedisWire>> RedisWire::Dial(const RedisConfig& config, const std::string& client_name,
                                                           unsigned attempt) {
  std::string greeting;
  std::vector<Greeting> expected;
  if (!config.password_file.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto password, ReadPassword(config.password_file));
    std::vector<std::string> auth = {"AUTH"};
    if (!config.user.empty()) auth.push_back(config.user);
    auth.push_back(std::move(password));
    greeting += EncodeRedisCommand(auth);
    expected.push_back(Greeting::kAuth);
  }
  greeting += EncodeRedisCommand({"CLIENT", "SETNAME", client_name});
  expected.push_back(Greeting::kName);
  greeting += EncodeRedisCommand({"PING"});
  expected.push_back(Greeting::kPing);
  CROSSPOINT_ASSIGN_OR_RETURN(auto transport, DialRedis(config, attempt));
  const size_t max_flights = config.tls.enabled ? 2 : kUnlimited;
  return std::unique_ptr<RedisWire>(
      new RedisWire(std::move(transport), std::move(greeting), std::move(expected), max_flights));
}

RedisWire::RedisWire(std::unique_ptr<RedisTransport> transport, std::string greeting, std::vector<Greeting> expected,
                     size_t max_flights)
    : transport_(std::move(transport)),
      expected_(std::move(expected)),
      output_(std::move(greeting)),
      max_flights_(max_flights),
      reader_(redisReaderCreateWithFunctions(&kBuilders), redisReaderFree),
      last_received_(std::chrono::steady_clock::now()) {
  reader_->privdata = &parsed_;  // the macro for it is no C++
}

RedisWire::~RedisWire() = default;

bool RedisWire::wants_write() const {
  if (state_ == State::kEstablishing) return establish_wants_write_;
  return written_ < output_.size() && !held_back();
}

bool RedisWire::held_back() const { return !under_way_ && flights_.size() >= max_flights_; }

absl::Status RedisWire::Advance(const OnReply& on_reply) {
  if (state_ == State::kEstablishing) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto progress, transport_->Establish());
    establish_wants_write_ = progress == RedisTransport::Progress::kWantWrite;
    if (progress != RedisTransport::Progress::kDone) return absl::OkStatus();
    state_ = State::kGreeting;
  }
  CROSSPOINT_RETURN_IF_ERROR(Flush());
  return ReadAvailable(on_reply);
}

absl::Status RedisWire::Flush() {
  if (state_ == State::kEstablishing || output_.empty() || held_back()) return absl::OkStatus();
  constexpr size_t kKeep = 64 << 10;
  under_way_ = true;
  while (written_ < output_.size()) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto sent, transport_->Write(std::string_view(output_).substr(written_)));
    if (sent == 0) {
      // Under steady load the buffer may never run dry: forget what is written now and then.
      if (written_ >= kKeep) output_.erase(0, std::exchange(written_, 0));
      return absl::OkStatus();
    }
    written_ += sent;
  }
  under_way_ = false;
  // After a burst, give the memory back.
  if (output_.capacity() > kKeep) {
    std::string().swap(output_);
  } else {
    output_.clear();
  }
  written_ = 0;
  if (max_flights_ != kUnlimited) flights_.push_back(appended_);
  return absl::OkStatus();
}

absl::Status RedisWire::ReadAvailable(const OnReply& on_reply) {
  std::array<char, 16 << 10> chunk;
  // Bounded, so that a flood of replies does not keep the thread from its timers; the rest is still readable.
  for (int turn = 0; turn < 64; ++turn) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto got, transport_->Read(chunk.data(), chunk.size()));
    if (got == 0) return absl::OkStatus();
    last_received_ = std::chrono::steady_clock::now();
    if (redisReaderFeed(reader_.get(), chunk.data(), got) != REDIS_OK) {
      return absl::UnavailableError(std::string("protocol error: ") + reader_->errstr);
    }
    CROSSPOINT_RETURN_IF_ERROR(Parse(on_reply));
  }
  return absl::OkStatus();
}

absl::Status RedisWire::Parse(const OnReply& on_reply) {
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
      return absl::UnavailableError(std::string("protocol error: ") + reader_->errstr);
    }
    if (!reply) return absl::OkStatus();
    if (state_ == State::kReady) {
      ++replied_;
      while (!flights_.empty() && flights_.front() <= replied_) flights_.pop_front();
      on_reply(std::move(parsed_));
    } else {
      CROSSPOINT_RETURN_IF_ERROR(Greet(parsed_));
    }
  }
}

absl::Status RedisWire::Greet(const RedisReply& reply) {
  const auto what = expected_[greeted_++];
  if (greeted_ == expected_.size()) state_ = State::kReady;
  if (!reply.is_error()) return absl::OkStatus();
  switch (what) {
    case Greeting::kAuth:
      return Annotate(StatusOfRedisError(reply.text()), "log in");
    case Greeting::kName:
      return absl::OkStatus();  // only a convenience; the user may lack the right
    case Greeting::kPing:
      if (RedisErrorCode(reply.text()) == "NOPERM") return absl::OkStatus();
      return StatusOfRedisError(reply.text());
  }
  return absl::OkStatus();
}

}  // namespace crosspoint
