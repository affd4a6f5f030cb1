#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <string>

#include "crosspoint/presence/v1/call_routing_service.grpc.pb.h"
#include "tests/component/presence/presence_replica.h"
#include "tests/support/refusals.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;

// Everything presence has stored, byte by byte.
std::map<std::string, std::string> Stored(const RedisServer& redis) {
  std::map<std::string, std::string> stored;
  for (const auto& key : redis.Command({"KEYS", "cp:{presence:*"}).array()) {
    stored[key.text()] = redis.Command({"DUMP", key.text()}).text();
  }
  return stored;
}

TEST(PresenceRefusals, EveryMethodRefusesForeignCredentialsAsStatedAndWritesNothing) {
  RedisServer redis;
  CredentialsFolder keys;
  PresenceReplica replica(redis, *keys, {.mutual_tls = true});
  ASSERT_TRUE(replica.WaitUntilLoaded());
  // Something that could be changed or taken away.
  PresenceCaller pbx(replica, keys->Token("acme", "pbx", {"integrator"}));
  ASSERT_EQ(Told(pbx.Put("u42", "m1", "custom", -1s, 3600s)), "OK");
  ASSERT_EQ(Told(PresenceCaller(replica, keys->Token("acme", "u42")).Set("u42", "vacation")), "OK");
  const auto before = Stored(redis);
  ASSERT_FALSE(before.empty());

  size_t cases = 0;
  const auto try_all = [&](const std::shared_ptr<grpc::Channel>& channel, const std::string& peer) {
    for (const auto* service :
         {pb::PresenceService::service_full_name(), pb::CallRoutingService::service_full_name()}) {
      for (const auto& call : CallWhatMustBeRefused(channel, service, peer, *keys)) {
        EXPECT_TRUE(call.as_expected()) << call.method << " as '" << peer << "' with " << call.credentials
                                        << ": expected " << call.expected << ", got " << call.got;
        ++cases;
      }
    }
  };
  try_all(replica.channel(), "");
  for (const std::string peer : {"stranger", "meeting-sync", "gateway", "presence"}) {
    try_all(replica.TlsChannel(keys->Certificate(peer)), peer);
  }
  EXPECT_EQ(Stored(redis), before);
  EXPECT_GT(cases, 200u);
  std::cout << cases << " refusals\n";
}

TEST(PresenceRefusals, NamedServicesPassByTheirCertificateAlone) {
  RedisServer redis;
  CredentialsFolder keys;
  PresenceReplica replica(redis, *keys, {.mutual_tls = true});
  ASSERT_TRUE(replica.WaitUntilLoaded());
  const auto stub = pb::PresenceService::NewStub(replica.TlsChannel(keys->Certificate("meeting-sync")));
  pb::PutClaimRequest request;
  auto& claim = *request.mutable_claim();
  claim.set_name(UserName("u1") + "/claims/m1");
  claim.set_source("meeting-sync");
  claim.set_claim_class(pb::CLAIM_CLASS_CALENDAR);
  claim.set_state("in-a-meeting");
  pb::PutClaimResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 10s);
  EXPECT_EQ(Told(stub->PutClaim(&context, request, &response)), "OK");
  EXPECT_EQ(replica.State("u1"), "in-a-meeting");

  const auto peer = pb::PresenceService::NewStub(replica.TlsChannel(keys->Certificate("presence")));
  pb::SnapshotShardsRequest all;
  for (int shard = 0; shard < 256; ++shard) all.add_shards(shard);
  grpc::ClientContext snapshot_context;
  snapshot_context.set_deadline(std::chrono::system_clock::now() + 10s);
  const auto stream = peer->SnapshotShards(&snapshot_context, all);
  int last = 0;
  int presences = 0;
  for (pb::SnapshotShardsResponse part; stream->Read(&part);) {
    last += part.last() ? 1 : 0;
    presences += part.presences_size();
    EXPECT_FALSE(part.epoch().empty());
  }
  EXPECT_EQ(Told(stream->Finish()), "OK");
  EXPECT_EQ(last, 256);
  EXPECT_EQ(presences, 1);
}

}  // namespace
}  // namespace crosspoint::testing
