// The smallest service there is, for the tests of App.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "common/app/app.h"
#include "common/status/status.h"
#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "crosspoint/admin/v1/operations_service.pb.h"

namespace crosspoint {
namespace {

namespace v1 = admin::v1;

struct SampleConfig {
  std::chrono::milliseconds work{0};  // that a call takes
  std::filesystem::path ready_file;   // ready while it exists; empty: always
  std::filesystem::path diary_file;   // one line for everything that tests want to know
  std::string setup_error;            // fails the setup with this text
};

void BindConfig(config::Binder& binder, SampleConfig& config) {
  binder.Field("work", config.work)
      .Field("ready_file", config.ready_file)
      .Field("diary_file", config.diary_file)
      .Field("setup_error", config.setup_error);
}

class Diary {
 public:
  explicit Diary(const std::filesystem::path& file) : out_(file, std::ios::app) {}
  void Write(const std::string& line) { out_ << line << std::endl; }

 private:
  std::ofstream out_;
};

// Says in the diary when it goes.
class Part {
 public:
  Part(Diary& diary, std::string name) : diary_(diary), name_(std::move(name)) {}
  ~Part() { diary_.Write("gone " + name_); }

 private:
  Diary& diary_;
  std::string name_;
};

class SampleHandler {
 public:
  SampleHandler(Diary& diary, std::chrono::milliseconds work) : diary_(diary), work_(work) {}
  ~SampleHandler() { diary_.Write("handled " + std::to_string(handled_)); }

  void Bind(grpcx::Methods& methods) { methods.Unary("ListDeadLetters", this, &SampleHandler::ListDeadLetters); }

  absl::Status ListDeadLetters(const v1::ListDeadLettersRequest&, const grpcx::Call&,
                               v1::ListDeadLettersResponse& response) {
    ++handled_;
    std::this_thread::sleep_for(work_);
    response.set_next_page_token("done");
    return absl::OkStatus();
  }

 private:
  Diary& diary_;
  const std::chrono::milliseconds work_;
  std::atomic<int64_t> handled_{0};
};

absl::Status Setup(App& app) {
  SampleConfig config;
  CROSSPOINT_RETURN_IF_ERROR(app.LoadConfig(config));
  if (!config.setup_error.empty()) return absl::UnavailableError(config.setup_error);
  auto& diary = app.Make<Diary>(config.diary_file);
  app.Make<Part>(diary, "first");
  app.RunInBackground("sample", [&diary](std::stop_token stop) {
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    diary.Write("gone background");
  });
  app.Make<Part>(diary, "second");
  app.Serve<v1::OperationsService>(app.Make<SampleHandler>(diary, config.work));
  app.OnDrain([&diary] { diary.Write("drain first hook"); });
  app.OnDrain([&diary] { diary.Write("drain second hook"); });
  app.AddReadinessCheck("file", [file = config.ready_file]() -> absl::Status {
    if (file.empty() || std::filesystem::exists(file)) return absl::OkStatus();
    return absl::UnavailableError("the file is not there");
  });
  return absl::OkStatus();
}

}  // namespace
}  // namespace crosspoint

int main(int argc, char** argv) { return crosspoint::RunMain("app_sample", argc, argv, crosspoint::Setup); }
