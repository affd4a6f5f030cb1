#include "tests/troubles/claims.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "crosspoint/presence/v1/presence_service.grpc.pb.h"
#include "tests/troubles/truth.h"

namespace crosspoint::troubles {
namespace {

using namespace std::chrono_literals;
namespace pb = presence::v1;

constexpr int kThreads = 8;

}  // namespace

bool PlaceMeetings(Cluster& cluster, int users,
                   const std::function<std::chrono::system_clock::time_point(int user)>& start) {
  std::atomic<bool> all{true};
  const auto token = cluster.credentials().Token("acme", "pbx", {"integrator"});
  const auto place = [&](int first) {
    std::vector<std::unique_ptr<pb::PresenceService::Stub>> stubs;
    for (int i = 0; i < cluster.size(); ++i) stubs.push_back(pb::PresenceService::NewStub(cluster.Channel(i)));
    for (int user = first; user < users && all; user += kThreads) {
      pb::PutClaimRequest request;
      auto& claim = *request.mutable_claim();
      claim.set_name(UserName(user) + "/claims/m1");
      claim.set_source("meeting-sync");
      claim.set_claim_class(pb::CLAIM_CLASS_CALENDAR);
      claim.set_state("in-a-meeting");
      const auto at = std::chrono::duration_cast<std::chrono::microseconds>(start(user).time_since_epoch()).count();
      claim.mutable_start_time()->set_seconds(at / 1'000'000);
      claim.mutable_start_time()->set_nanos(static_cast<int>(at % 1'000'000 * 1'000));
      claim.mutable_end_time()->set_seconds(at / 1'000'000 + 3'600);
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + 30s);
      context.AddMetadata("authorization", "Bearer " + token);
      pb::PutClaimResponse answer;
      const auto status = stubs[static_cast<size_t>(user % cluster.size())]->PutClaim(&context, request, &answer);
      if (status.ok()) continue;
      std::fprintf(stderr, "a meeting was refused: %s\n", status.error_message().c_str());
      all = false;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(place, i);
  for (auto& thread : threads) thread.join();
  return all;
}

bool ReportCalls(Cluster& cluster, int users) {
  const auto context = cluster.As("pbx", "integrator");
  context->set_deadline(std::chrono::system_clock::now() + 60s);
  const auto stub = pb::PresenceService::NewStub(cluster.Channel(0));
  const auto stream = stub->ReportLineState(context.get());
  std::thread writer([&] {
    for (int user = 0; user < users; ++user) {
      pb::ReportLineStateRequest report;
      report.set_user(UserName(user));
      report.set_device("desk");
      report.set_line_state(pb::LINE_STATE_ON_THE_PHONE);
      report.set_number(user);
      if (!stream->Write(report)) break;
    }
    stream->WritesDone();
  });
  int answered = 0;
  bool taken = true;
  for (pb::ReportLineStateResponse answer; stream->Read(&answer); ++answered) taken = taken && !answer.has_error();
  writer.join();
  return taken && answered == users && stream->Finish().ok();
}

}  // namespace crosspoint::troubles
