#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace crosspoint::testing {

// A TCP proxy inside the test, between a client and any server, that misbehaves on request. One thread of its own; any
// thread may command it. New and existing connections obey the same state.
//   TcpGate gate("127.0.0.1:6379");
//   config.address = gate.address();
//   gate.Cut(); … gate.Restore();
class TcpGate {
 public:
  enum class Direction { kBoth, kToServer, kToClient };

  // `upstream` is "host:port" with a numeric host, or "unix:/path"; it is dialled for every accepted connection.
  explicit TcpGate(std::string upstream);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  std::string address() const;  // "127.0.0.1:<port>"
  int port() const;

  // Resets every connection now; new ones are accepted as before.
  void Sever();
  // Sever, and resets new connections until Restore.
  void Cut();
  // Keeps connections open but passes nothing on until Restore, which delivers what was held.
  void Hold(Direction direction = Direction::kBoth);
  // Every byte arrives this much later from now on; zero ends it.
  void Delay(std::chrono::milliseconds by);
  // Ends Cut, Hold and Delay.
  void Restore();

  int accepted() const;  // connections since the beginning
  int open() const;      // connections standing now

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosspoint::testing
