// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "agent/fold.h"
#include "agent/sequence.h"

using namespace synpol;

namespace {

EventRow row_at(std::int64_t time_ns, std::int64_t pid) {
    EventRow row;
    row.time_ns = row.last_ns = time_ns;
    row.rule = row.rules = "a.b";
    row.object = "bpf";
    row.pid = pid;
    row.sequence = time_ns;
    return row;
}

} // namespace

TEST_CASE("equal events become one row with first, last and count", "[unit][agent]") {
    Fold fold;
    fold.add(row_at(20, 1));
    fold.add(row_at(10, 1));
    fold.add(row_at(30, 1));
    fold.add(row_at(15, 2));
    CHECK(fold.size() == 2);
    const auto rows = fold.take();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].time_ns == 10);
    CHECK(rows[0].last_ns == 30);
    CHECK(rows[0].count == 3);
    CHECK(rows[0].sequence == 10);
    CHECK(rows[1].pid == 2);
    CHECK(fold.empty());
}

TEST_CASE("events that differ in any fact stay apart", "[unit][agent]") {
    Fold fold;
    fold.add(row_at(1, 1));
    auto other = row_at(2, 1);
    other.object = "ptrace";
    fold.add(other);
    other = row_at(3, 1);
    other.undetermined = true;
    fold.add(other);
    other = row_at(4, 1);
    other.exe = "";
    fold.add(other);
    CHECK(fold.take().size() == 4);
}

TEST_CASE("a gap in the numbers of a CPU is proof of a loss", "[unit][agent]") {
    SequenceCheck check;
    CHECK(check.see(0, 1).empty());
    CHECK(check.see(0, 2).empty());
    CHECK(check.see(1, 1).empty());
    CHECK(check.see(0, 6) == std::vector<Gap>{{0, 3, 5}});
    CHECK(check.see(0, 7).empty());
    CHECK(check.see(0, 7).empty()); // seen again: no loss
    CHECK(check.see(2, 3) == std::vector<Gap>{{2, 1, 2}});
}

TEST_CASE("a reader that goes on where another stopped sees what was lost between",
          "[unit][agent]") {
    SequenceCheck check{{{0, 10}}};
    CHECK(check.see(0, 13) == std::vector<Gap>{{0, 11, 12}});
}

TEST_CASE("numbers at the end are lost only when they stay away for a whole turn",
          "[unit][agent]") {
    SequenceCheck check;
    CHECK(check.see(0, 1).empty());
    CHECK(check.see_empty({3}).empty()); // may still be on their way
    CHECK(check.see_empty({4}) == std::vector<Gap>{{0, 2, 3}});
    CHECK(check.see(0, 4).empty());
    CHECK(check.see_empty({4}).empty());
}
