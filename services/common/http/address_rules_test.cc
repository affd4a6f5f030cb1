#include "common/http/address_rules.h"

#include <gtest/gtest.h>

namespace crosspoint::http {
namespace {

TEST(AddressRules, PublicAddressesAreAllowed) {
  for (const char* ip : {"8.8.8.8", "52.97.1.2", "2a01:4f8::1", "100.128.0.1", "172.32.0.1", "2002:0808:0808::1"}) {
    EXPECT_TRUE(IsAllowed({}, ip)) << ip;
  }
}

TEST(AddressRules, MetadataLinkLocalAndMulticastAreRefusedWhateverIsAllowed) {
  const AddressRules widest{.allow_loopback = true, .allow_private = true};
  for (const char* ip : {"169.254.169.254", "169.254.0.1", "100.100.100.200", "0.0.0.0", "224.0.0.1", "255.255.255.255",
                         "fe80::1", "fec0::1", "ff02::1", "::", "fd00:ec2::254", "::ffff:169.254.169.254",
                         "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254"}) {
    EXPECT_FALSE(IsAllowed(widest, ip)) << ip;
  }
}

TEST(AddressRules, LoopbackOnlyWhenAllowed) {
  for (const char* ip : {"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(IsAllowed({}, ip)) << ip;
    EXPECT_TRUE(IsAllowed({.allow_loopback = true}, ip)) << ip;
  }
}

TEST(AddressRules, PrivateOnlyWhenAllowed) {
  for (const char* ip : {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fc00::1", "fd12::1",
                         "::ffff:10.0.0.1", "64:ff9b::a00:1"}) {
    EXPECT_TRUE(IsAllowed({}, ip)) << ip;
    EXPECT_FALSE(IsAllowed({.allow_private = false}, ip)) << ip;
  }
}

TEST(AddressRules, WhatIsNoAddressIsRefused) {
  for (const char* ip : {"", "localhost", "127.1", "0x7f.1", "1.2.3.4.5"}) EXPECT_FALSE(IsAllowed({}, ip)) << ip;
}

}  // namespace
}  // namespace crosspoint::http
