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
  for (const char* ip : {"169.254.169.254",
                         "169.254.0.1",
                         "100.100.100.200",
                         "0.0.0.0",
                         "224.0.0.1",
                         "255.255.255.255",
                         "fe80::1",
                         "fec0::1",
                         "ff02::1",
                         "::",
                         "fd00:ec2::254",
                         "::ffff:169.254.169.254",
                         "64:ff9b::a9fe:a9fe",
                         "2002:a9fe:a9fe::1",
                         "::169.254.169.254",
                         "168.63.129.16",
                         "192.0.0.192",
                         "fd20:ce::254",
                         "fd00:c1::a9fe:a9fe",
                         "fd00:42::42",
                         "64:ff9b:1::a9fe:a9fe",
                         "2001:0:a9fe:a9fe::1",
                         "::ffff:0:169.254.169.254",
                         "fd12::5efe:169.254.169.254",
                         "fd12::200:5efe:169.254.169.254",
                         "64:ff9b::6464:64c8",
                         "2002:e000:1::1",
                         "::ffff:0.0.0.0"}) {
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

AddressRules Only(const std::vector<std::string>& networks) {
  AddressRules rules{.allow_loopback = true};
  for (const std::string& text : networks) rules.networks.push_back(ParseNetwork(text).value());
  return rules;
}

TEST(AddressRules, NetworksLeaveNothingOutsideThem) {
  const AddressRules rules = Only({"10.1.0.0/16", "192.168.7.9", "2001:db8:5::/48", "172.16.0.0/13"});
  for (const char* ip : {"10.1.0.0", "10.1.255.255", "192.168.7.9", "2001:db8:5:ffff::1", "::ffff:10.1.2.3",
                         "64:ff9b::a01:203", "2002:a01:203::1", "172.23.255.255"}) {
    EXPECT_TRUE(IsAllowed(rules, ip)) << ip;
  }
  for (const char* ip : {"10.2.0.0", "10.0.255.255", "192.168.7.8", "192.168.7.10", "2001:db8:6::1", "8.8.8.8",
                         "2a01:4f8::1", "127.0.0.1", "::1", "64:ff9b::a02:1", "172.24.0.0"}) {
    EXPECT_FALSE(IsAllowed(rules, ip)) << ip;
  }
}

TEST(AddressRules, NetworksDoNotBringBackWhatIsNeverAllowed) {
  const AddressRules rules = Only({"0.0.0.0/0", "::/0"});
  EXPECT_TRUE(IsAllowed(rules, "8.8.8.8"));
  EXPECT_TRUE(IsAllowed(rules, "2a01:4f8::1"));
  for (const char* ip : {"169.254.169.254", "0.0.0.0", "224.0.0.1", "100.100.100.200", "fe80::1", "fd00:ec2::254",
                         "::ffff:169.254.169.254"}) {
    EXPECT_FALSE(IsAllowed(rules, ip)) << ip;
  }
}

TEST(AddressRules, LoopbackNeedsBothItsSwitchAndItsNetwork) {
  AddressRules rules = Only({"127.0.0.0/8"});
  EXPECT_TRUE(IsAllowed(rules, "127.0.0.1"));
  EXPECT_FALSE(IsAllowed(rules, "::1"));
  rules.allow_loopback = false;
  EXPECT_FALSE(IsAllowed(rules, "127.0.0.1"));
}

TEST(AddressRules, NetworksAreReadExactly) {
  EXPECT_EQ(ParseNetwork("10.0.0.0/8"), ParseNetwork("::ffff:10.0.0.0/104"));
  EXPECT_TRUE(ParseNetwork("10.1.2.3/32").has_value());
  EXPECT_TRUE(ParseNetwork("::1/128").has_value());
  for (const char* text : {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.1.0.0/8", "::/129",
                           "10.0/8", "mail.example.org", "10.0.0.0/ 8", "2001:db8::1/64"}) {
    EXPECT_FALSE(ParseNetwork(text).has_value()) << text;
  }
}

TEST(AddressRules, WhatIsNoAddressIsRefused) {
  for (const char* ip : {"", "localhost", "127.1", "0x7f.1", "1.2.3.4.5"}) EXPECT_FALSE(IsAllowed({}, ip)) << ip;
}

}  // namespace
}  // namespace crosspoint::http
