#include "tests/story/stage.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "tests/support/credentials.h"

namespace crosspoint::story {

TimePoint Now() { return SystemClock().Now(); }

double Millis(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

std::string LocalTime(TimePoint time) {
  return fmt::format("{:%H:%M:%S}", fmt::localtime(std::chrono::system_clock::to_time_t(
                                        std::chrono::time_point_cast<std::chrono::system_clock::duration>(time))));
}

std::string Since(TimePoint start) { return fmt::format("{:.0f} ms", Millis(Now() - start)); }

const std::shared_ptr<grpc::Channel>& Stage::gateway() {
  if (gateway_ == nullptr) gateway_ = system_.Gateway();
  return gateway_;
}

std::unique_ptr<grpc::ClientContext> Stage::As(const Person& person) const { return As(person.id(), {"user"}); }

std::unique_ptr<grpc::ClientContext> Stage::As(const std::string& id, std::vector<std::string> roles) const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->AddMetadata("authorization", "Bearer " + system_.credentials().Token("default", id, std::move(roles)));
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  return context;
}

void Stage::Say(const std::string& finding) { fmt::print("     {}\n", finding); }

bool Stage::Step(const std::string& title, const std::function<absl::Status()>& step) {
  fmt::print("\n{}. {}\n", ++step_, title);
  std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  const auto status = step();
  const auto took = Millis(std::chrono::steady_clock::now() - start);
  if (status.ok()) {
    fmt::print("     done in {:.1f} ms\n", took);
  } else {
    fmt::print("     FAILED after {:.1f} ms: {}\n", took, status.ToString());
  }
  std::fflush(stdout);
  return status.ok();
}

}  // namespace crosspoint::story
