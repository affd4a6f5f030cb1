// Two replicas as processes: watches over both, Redis killed, lookups measured, metrics listed.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "common/grpcx/status.h"
#include "common/status/status.h"
#include "crosspoint/contact/v1/contact_service.grpc.pb.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "tests/support/stack/stack.h"

namespace crosspoint::contact {
namespace {

namespace v1 = ::crosspoint::contact::v1;
using std::chrono::microseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ContactReplicas : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    testing::StackOptions options;
    options.presence = 1;
    options.gateway = 0;
    options.contact = 2;
    stack_ = std::make_unique<testing::Stack>(options);
    stack_->Start();
  }
  static void TearDownTestSuite() { stack_.reset(); }

  static std::unique_ptr<v1::ContactService::Stub> Stub(int replica) {
    return v1::ContactService::NewStub(stack_->Channel("contact", replica));
  }
  static std::unique_ptr<grpc::ClientContext> As(const std::string& user) {
    auto context = stack_->AsUser(user);
    context->set_wait_for_ready(true);
    return context;
  }
  static absl::StatusOr<v1::Contact> Create(const std::string& user, const std::string& name, const std::string& number,
                                            int replica) {
    v1::CreateContactRequest request;
    request.set_parent(user);
    request.mutable_contact()->set_display_name(name);
    request.mutable_contact()->add_phones()->set_number(number);
    v1::Contact made;
    const auto status = grpcx::FromGrpc(Stub(replica)->CreateContact(As(user).get(), request, &made));
    if (!status.ok()) return status;
    return made;
  }
  static v1::LookupNumberResponse LookUp(const std::string& user, const std::string& number, int replica) {
    v1::LookupNumberRequest request;
    request.set_parent(user);
    request.set_number(number);
    v1::LookupNumberResponse response;
    const auto status = grpcx::FromGrpc(Stub(replica)->LookupNumber(As(user).get(), request, &response));
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  static void Fill(const std::string& user, int count) {
    for (int done = 0; done < count;) {
      v1::BatchModifyContactsRequest request;
      request.set_parent(user);
      request.set_source(v1::CONTACT_SOURCE_OUTLOOK);
      for (int i = 0; i < 1000 && done < count; ++i, ++done) {
        auto& change = *request.add_changes();
        change.set_source_id(std::to_string(done));
        change.mutable_upsert()->set_display_name("Person " + std::to_string(done));
        change.mutable_upsert()->add_phones()->set_number("+49 30 2" + std::to_string(3'000'000 + done));
      }
      v1::BatchModifyContactsResponse response;
      const auto status = grpcx::FromGrpc(Stub(0)->BatchModifyContacts(As(user).get(), request, &response));
      ASSERT_TRUE(status.ok()) << status;
    }
  }

  static std::unique_ptr<testing::Stack> stack_;
};

std::unique_ptr<testing::Stack> ContactReplicas::stack_;

TEST_F(ContactReplicas, WhatOneIsToldWatchersAndCallersOfTheOtherSee) {
  const std::string user = "tenants/default/users/both";
  EXPECT_THAT(LookUp(user, "+493023125100", 1).contacts(), IsEmpty());
  const auto context = As(user);
  v1::WatchContactsRequest request;
  request.set_parent(user);
  const auto watch = Stub(1)->WatchContacts(context.get(), request);
  v1::WatchContactsResponse told;
  while (watch->Read(&told) && !told.synced()) {
  }
  std::vector<microseconds> delays;
  for (int i = 0; i < 50; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(Create(user, "N" + std::to_string(i), "+49 30 23125" + std::to_string(100 + i), 0).ok());
    ASSERT_TRUE(watch->Read(&told));
    ASSERT_THAT(told.contacts(), SizeIs(1));
    EXPECT_EQ(told.contacts(0).display_name(), "N" + std::to_string(i));
    delays.push_back(std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin));
  }
  std::sort(delays.begin(), delays.end());
  std::cout << "change on one replica to watcher of the other: p50 " << delays[25].count() << " us, max "
            << delays.back().count() << " us\n";
  EXPECT_LT(delays[25], std::chrono::milliseconds(500));
  EXPECT_THAT(LookUp(user, "+493023125100", 1).contacts(), SizeIs(1));
  context->TryCancel();
}

TEST_F(ContactReplicas, AWatcherGoesOnAtAnotherReplicaWhereItStood) {
  const std::string user = "tenants/default/users/moves";
  ASSERT_TRUE(Create(user, "Ada", "+49 30 23125100", 0).ok());
  v1::WatchContactsRequest request;
  request.set_parent(user);
  v1::WatchContactsResponse told;
  {
    const auto context = As(user);
    const auto watch = Stub(0)->WatchContacts(context.get(), request);
    while (watch->Read(&told) && !told.synced()) {
    }
    context->TryCancel();
  }
  ASSERT_TRUE(Create(user, "Grace", "+49 30 23125101", 0).ok());
  request.set_resume_token(told.resume_token());
  const auto context = As(user);
  const auto watch = Stub(1)->WatchContacts(context.get(), request);
  ASSERT_TRUE(watch->Read(&told));
  EXPECT_FALSE(told.gap());
  ASSERT_THAT(told.contacts(), SizeIs(1));
  EXPECT_EQ(told.contacts(0).display_name(), "Grace");
  context->TryCancel();
}

TEST_F(ContactReplicas, CallersAreNamedWhileRedisIsAwayAndChangesGoOnAfterwards) {
  const std::string user = "tenants/default/users/outage";
  ASSERT_TRUE(Create(user, "Ada", "+49 30 23125100", 0).ok());
  EXPECT_THAT(LookUp(user, "+493023125100", 0).contacts(), SizeIs(1));
  stack_->redis().Kill();
  EXPECT_THAT(LookUp(user, "+493023125100", 0).contacts(), SizeIs(1));
  const auto refused = Create(user, "Grace", "+49 30 23125101", 0);
  EXPECT_TRUE(absl::IsUnavailable(refused.status()) || absl::IsDeadlineExceeded(refused.status())) << refused.status();
  stack_->redis().Restart();
  EXPECT_TRUE(testing::Eventually([&] { return Create(user, "Edsger", "+49 30 23125102", 0).ok(); }, seconds(30)));
  EXPECT_THAT(LookUp(user, "+493023125102", 1).contacts(), SizeIs(1));
  EXPECT_THAT(LookUp(user, "+493023125100", 1).contacts(), SizeIs(1));
}

// Time from the service's own histogram: what a call costs there, without the way.
double MeanLookupMicros(const testing::ServiceProcess& process, double& count) {
  std::istringstream lines(process.Get("/metrics").second);
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("crosspoint_contact_lookup_duration_seconds_sum", 0) == 0)
      sum = std::stod(line.substr(line.rfind(' ')));
    if (line.rfind("crosspoint_contact_lookup_duration_seconds_count", 0) == 0) {
      count = std::stod(line.substr(line.rfind(' ')));
    }
  }
  return sum * 1e6;
}

TEST_F(ContactReplicas, ALookupAmongTwentyThousandTakesLessThanAMillisecond) {
  const std::string user = "tenants/default/users/many";
  Fill(user, 20'000);
  LookUp(user, "+49 30 23000000", 0);  // brings the book to memory
  double before = 0;
  double count = 0;
  const double sum_before = MeanLookupMicros(stack_->contact(0), before);
  constexpr int kLookups = 2'000;
  std::vector<microseconds> whole;
  for (int i = 0; i < kLookups; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto found = LookUp(user, "030 2" + std::to_string(3'000'000 + i * 7 % 20'000), 0);
    whole.push_back(std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin));
    ASSERT_THAT(found.contacts(), SizeIs(1));
  }
  const double sum_after = MeanLookupMicros(stack_->contact(0), count);
  const double mean = (sum_after - sum_before) / (count - before);
  std::sort(whole.begin(), whole.end());
  std::cout << "lookup among 20000: in the service mean " << mean << " us; whole call p50 "
            << whole[kLookups / 2].count() << " us, p99 " << whole[kLookups * 99 / 100].count() << " us\n";
  EXPECT_LT(mean, 1'000);
}

TEST_F(ContactReplicas, MetricNamesAreThoseOnTheList) {
  std::set<std::string> names;
  std::istringstream lines(stack_->contact(0).Get("/metrics").second);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("# TYPE crosspoint_", 0) != 0) continue;
    names.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  std::string text;
  for (const auto& name : names) text += name + "\n";
  const auto golden = std::string(std::getenv("CROSSPOINT_SOURCE_DIR")) + "/tests/component/contact/metrics.golden";
  if (std::getenv("CROSSPOINT_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << text;
  std::ifstream file(golden);
  std::stringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(text, expected.str());
}

}  // namespace
}  // namespace crosspoint::contact
