#include "common/grpcx/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace crosspoint::grpcx {
namespace {

TEST(WorkerPool, RunsEverythingBeforeItCloses) {
  std::atomic<int> done{0};
  {
    WorkerPool pool(4);
    for (int i = 0; i < 1000; ++i) pool.Run([&] { ++done; });
  }
  EXPECT_EQ(done, 1000);
}

TEST(WorkerPool, AsManyTasksAtOnceAsThreads) {
  WorkerPool pool(3);
  std::latch all_there(3);
  for (int i = 0; i < 3; ++i) pool.Run([&] { all_there.arrive_and_wait(); });
  all_there.wait();  // hangs when they ran one after another
  pool.Close();
}

TEST(WorkerPool, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  WorkerPool pool(1);
  for (int i = 0; i < 100; ++i) pool.Run([&order, i] { order.push_back(i); });
  pool.Close();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(WorkerPool, OnceClosedTheCallerRunsTheTaskHimself) {
  WorkerPool pool(1);
  pool.Close();
  bool ran = false;
  pool.Run([&] { ran = true; });
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace crosspoint::grpcx
