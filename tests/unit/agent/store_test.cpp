// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <fstream>

#include <unistd.h>

#include "agent/audit_query.h"
#include "agent/files.h"
#include "agent/store.h"
#include "temp_folder.h"

#include <nlohmann/json.hpp>

using namespace synpol;
using synpol::test::TempFolder;

namespace {

EventRow refused_connect(std::int64_t time_ns) {
    EventRow row;
    row.time_ns = row.last_ns = time_ns;
    row.verdict = Outcome::deny;
    row.action = Action::connect;
    row.rule = "web.no-db";
    row.rules = "web.no-db base.fence";
    row.object = "tcp to 192.0.2.1 port 443";
    row.pid = row.tid = 4711;
    row.uid = row.gid = 33;
    row.exe = "/usr/bin/curl";
    row.comm = "curl";
    row.cgroup = "/web";
    row.carrier = SP_CARRIER_CGROUP;
    row.error = 1;
    row.cpu = 0;
    row.sequence = 1;
    return row;
}

Batch batch_of(std::vector<EventRow> rows) {
    Batch batch;
    batch.events = std::move(rows);
    return batch;
}

Store open_store(const std::string& folder) {
    auto store = Store::open(folder);
    if (!store) FAIL(store.error().message());
    return std::move(*store);
}

std::int64_t count_in(const std::string& folder, const std::string& sql) {
    auto database = Database::open(Store::path_in(folder), Database::Mode::read_only);
    REQUIRE(database);
    auto value = database->query_integer(sql);
    if (!value) FAIL(value.error().message());
    REQUIRE(*value);
    return **value;
}

std::vector<nlohmann::ordered_json> query(const std::string& folder, const AuditFilter& filter) {
    auto database = open_audit(folder);
    REQUIRE(database);
    auto rows = query_audit(*database, filter);
    if (!rows) FAIL(rows.error().message());
    return *rows;
}

GenerationRow generation_row(std::uint64_t tag) {
    GenerationRow row;
    row.time_ns = 1'000;
    row.kind = "apply";
    row.hash = "00ff";
    row.tag = tag;
    row.origin = "/etc/synpol";
    row.user = "root";
    row.rules = 2;
    return row;
}

Bundle small_bundle() {
    Bundle bundle;
    bundle.origin = "/etc/synpol";
    bundle.roots = {"/etc/synpol/b.syn", "/etc/synpol/a.syn"};
    bundle.files = {{"/etc/synpol/a.syn", "syn 1\n"},
                    {"/etc/synpol/b.syn", "syn 1\n"},
                    {"/etc/synpol/list.txt", std::string("with\0nul", 8)}};
    bundle.users = {{"www-data", 33u}, {"nobody-here", std::nullopt}};
    bundle.groups = {{"adm", 4u}};
    return bundle;
}

} // namespace

TEST_CASE("a written event is read back in words after the store was reopened", "[unit][agent]") {
    const TempFolder folder;
    {
        auto store = open_store(folder.path());
        REQUIRE(store.write(batch_of({refused_connect(1'700'000'000'123'000'000)})));
    }
    (void)open_store(folder.path());
    const auto rows = query(folder.path(), {});
    REQUIRE(rows.size() == 1);
    CHECK(rows[0]["time"] == "2023-11-14T22:13:20.123Z");
    CHECK(rows[0]["verdict"] == "deny");
    CHECK(rows[0]["action"] == "connect");
    CHECK(rows[0]["object"] == "tcp to 192.0.2.1 port 443");
    CHECK(rows[0]["rule"] == "web.no-db");
    CHECK(rows[0]["rules"] == "web.no-db base.fence");
    CHECK(rows[0]["exe"] == "/usr/bin/curl");
    CHECK(rows[0]["carrier"] == "cgroup");
    CHECK(rows[0]["errno"] == 1);
    CHECK(rows[0]["generation"].is_null());
}

TEST_CASE("events of the same nanosecond all get a row", "[unit][agent]") {
    const TempFolder folder;
    auto store = open_store(folder.path());
    REQUIRE(
        store.write(batch_of({refused_connect(500), refused_connect(500), refused_connect(499)})));
    REQUIRE(store.write(batch_of({refused_connect(500), refused_connect(7)})));
    CHECK(count_in(folder.path(), "SELECT count(*) FROM event") == 5);
    Batch many;
    many.events.assign(20'000, refused_connect(0));
    REQUIRE(store.write(many));
    CHECK(count_in(folder.path(), "SELECT count(*) FROM event") == 20'005);
}

TEST_CASE("bounded texts are stored once", "[unit][agent]") {
    const TempFolder folder;
    auto store = open_store(folder.path());
    REQUIRE(store.write(batch_of({refused_connect(1), refused_connect(2)})));
    REQUIRE(store.write(batch_of({refused_connect(3)})));
    CHECK(count_in(folder.path(), "SELECT count(*) FROM name WHERE text = '/usr/bin/curl'") == 1);
}

TEST_CASE("audit filters choose rows", "[unit][agent]") {
    const TempFolder folder;
    auto store = open_store(folder.path());
    auto packet = refused_connect(2'000);
    packet.action = Action::inbound;
    packet.rule = packet.rules = "edge.feed";
    packet.pid = packet.tid = packet.uid = packet.gid = std::nullopt;
    packet.exe = packet.comm = packet.cgroup = std::nullopt;
    auto killed = refused_connect(3'000);
    killed.verdict = Outcome::kill;
    killed.uid = 0;
    killed.pid = 12;
    killed.exe = "/usr/bin/nc";
    REQUIRE(store.write(batch_of({refused_connect(1'000), packet, killed})));

    const auto count = [&](auto change) {
        AuditFilter filter;
        change(filter);
        return query(folder.path(), filter).size();
    };
    CHECK(count([](auto&) {}) == 3);
    CHECK(count([](auto& f) { f.since_ns = 2'000; }) == 2);
    CHECK(count([](auto& f) { f.rule = "base.fence"; }) == 2); // not the first determining one
    CHECK(count([](auto& f) { f.rule = "edge"; }) == 1);
    CHECK(count([](auto& f) { f.rule = "fence"; }) == 0);
    CHECK(count([](auto& f) { f.verdict = "deny"; }) == 2);
    CHECK(count([](auto& f) { f.verdict = "block"; }) == 1);
    CHECK(count([](auto& f) { f.verdict = "kill"; }) == 1);
    CHECK(count([](auto& f) { f.exe = "/usr/bin/curl"; }) == 1);
    CHECK(count([](auto& f) { f.exe = "/usr/bin/*"; }) == 2);
    CHECK(count([](auto& f) { f.user = 0; }) == 1);
    CHECK(count([](auto& f) { f.pid = 4711; }) == 1);
    AuditFilter newest;
    newest.limit = 1;
    const auto rows = query(folder.path(), newest);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0]["time_ns"] == 3'000);
    auto database = open_audit(folder.path());
    AuditFilter wrong;
    wrong.verdict = "forgive";
    CHECK_FALSE(query_audit(*database, wrong));
}

TEST_CASE("a packet that was dropped is shown as blocked", "[unit][agent]") {
    const TempFolder folder;
    auto store = open_store(folder.path());
    auto packet = refused_connect(1);
    packet.action = Action::inbound;
    REQUIRE(store.write(batch_of({packet})));
    CHECK(query(folder.path(), {})[0]["verdict"] == "block");
}

TEST_CASE("a generation keeps its sources, names and mark", "[unit][agent]") {
    const TempFolder folder;
    std::int64_t first = 0;
    {
        auto store = open_store(folder.path());
        auto id = store.add_generation(generation_row(0xfedcba9876543210), small_bundle());
        REQUIRE(id);
        first = *id;
        CHECK(*store.active() == std::nullopt);
        REQUIRE(store.activate(first));
        auto second = store.add_generation(generation_row(2), small_bundle());
        REQUIRE(second);
        CHECK(*second > first);
        // Equal texts are there once.
        CHECK(count_in(folder.path(), "SELECT count(*) FROM content") == 2);
        REQUIRE(store.forget_generation(*second));
    }
    auto store = open_store(folder.path());
    auto active = store.active();
    REQUIRE(active);
    REQUIRE(*active);
    CHECK((*active)->id == first);
    CHECK((*active)->tag == 0xfedcba9876543210);
    auto by_tag = store.by_tag(0xfedcba9876543210);
    REQUIRE(by_tag);
    REQUIRE(*by_tag);
    CHECK((*by_tag)->id == first);
    auto bundle = store.bundle(first);
    REQUIRE(bundle);
    CHECK(*bundle == small_bundle());
    CHECK(store.history()->size() == 1);
}

TEST_CASE("only one generation is active", "[unit][agent]") {
    const TempFolder folder;
    auto store = open_store(folder.path());
    const auto first = *store.add_generation(generation_row(1), small_bundle());
    const auto second = *store.add_generation(generation_row(2), small_bundle());
    REQUIRE(store.activate(first));
    REQUIRE(store.activate(second));
    CHECK(count_in(folder.path(), "SELECT sum(active) FROM generation") == 1);
    CHECK((*store.active())->id == second);
}

TEST_CASE("the read state comes back as it was written", "[unit][agent]") {
    const TempFolder folder;
    Batch batch;
    batch.state.sequences = {{0, 17}, {3, 4}};
    batch.state.failures = {{SP_FAIL_RING, 2}};
    batch.state.counters[0xffffffffffffffff] = {"web.no-db", {10, 9, 2, 1}};
    batch.losses.push_back({5, "sequence", "lost", 0, 3, 7, 5});
    {
        auto store = open_store(folder.path());
        REQUIRE(store.write(batch));
    }
    auto store = open_store(folder.path());
    auto state = store.read_state();
    REQUIRE(state);
    CHECK(state->sequences == batch.state.sequences);
    CHECK(state->failures == batch.state.failures);
    REQUIRE(state->counters.size() == 1);
    const auto& row = state->counters.at(0xffffffffffffffff);
    CHECK(row.rule == "web.no-db");
    CHECK(row.counters.matched == 10);
    CHECK(row.counters.lost == 1);
    auto database = open_audit(folder.path());
    CHECK(*missing_since(*database, {}) == 5);
    REQUIRE(store.forget_read_state());
    CHECK(store.read_state()->sequences.empty());
}

TEST_CASE("a failed batch leaves nothing behind", "[unit][agent]") {
    const TempFolder folder;
    auto store = open_store(folder.path());
    Batch batch = batch_of({refused_connect(1)});
    batch.losses.push_back({5, "no such kind", "", {}, {}, {}, 1}); // refused by the schema
    CHECK_FALSE(store.write(batch));
    CHECK(count_in(folder.path(), "SELECT count(*) FROM event") == 0);
    REQUIRE(store.write(batch_of({refused_connect(1)})));
    CHECK(query(folder.path(), {}).size() == 1); // its names are there again
}

TEST_CASE("a damaged database is one error that says how to move it away", "[unit][agent]") {
    const TempFolder folder;
    std::ofstream{Store::path_in(folder.path())} << std::string(8192, 'x');
    auto store = Store::open(folder.path());
    REQUIRE_FALSE(store);
    CHECK(store.error().message().find("cannot be used: file is not a database") !=
          std::string::npos);
    CHECK(store.error().help().find("mv ") != std::string::npos);
}

TEST_CASE("damage in the middle of a database is found at the start", "[unit][agent]") {
    const TempFolder folder;
    {
        auto store = open_store(folder.path());
        Batch batch;
        for (int i = 0; i < 2'000; ++i) batch.events.push_back(refused_connect(i * 10));
        REQUIRE(store.write(batch));
    }
    const auto path = Store::path_in(folder.path());
    const auto size = std::filesystem::file_size(path);
    {
        std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
        for (auto place = size / 2; place < size / 2 + 40'960; place += 4096) {
            file.seekp(static_cast<std::streamoff>(place / 4096 * 4096));
            file << std::string(4096, '\xff');
        }
    }
    auto store = Store::open(folder.path());
    REQUIRE_FALSE(store);
    CHECK(store.error().message().find("cannot be used") != std::string::npos);
}

TEST_CASE("a database of a newer synpol or of another program is left alone", "[unit][agent]") {
    const TempFolder folder;
    {
        (void)open_store(folder.path());
        auto database =
            Database::open(Store::path_in(folder.path()), Database::Mode::read_write_create);
        REQUIRE(database);
        REQUIRE(database->execute("PRAGMA user_version = 7"));
    }
    auto newer = Store::open(folder.path());
    REQUIRE_FALSE(newer);
    CHECK(newer.error().message().find("schema version 7, this synpol knows up to 3") !=
          std::string::npos);

    const TempFolder other;
    {
        auto database =
            Database::open(Store::path_in(other.path()), Database::Mode::read_write_create);
        REQUIRE(database->execute("CREATE TABLE song (name TEXT)"));
    }
    auto foreign = Store::open(other.path());
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().message().find("another program") != std::string::npos);
}

TEST_CASE("a database of an older synpol is upgraded with all that it holds", "[unit][agent]") {
    const TempFolder folder;
    {
        auto database =
            Database::open(Store::path_in(folder.path()), Database::Mode::read_write_create);
        const auto sql = read_file("tests/unit/agent/audit_1.sql");
        REQUIRE(sql);
        REQUIRE(database->execute(*sql));
    }
    CHECK(query(folder.path(), {}).size() == 1); // before any agent has upgraded it, too
    for (int time = 0; time < 2; ++time) {
        auto store = open_store(folder.path());
        const auto history = store.history();
        REQUIRE(history);
        REQUIRE(history->size() == static_cast<std::size_t>(2 + time));
        CHECK(history->back().kind == "apply");
        CHECK(to_string(history->back().day) == "2023-11-14");
        CHECK((*store.generation(2))->rollback_of == 1);
        CHECK(store.bundle(2)->files.at("web.syn") == "syn 1");
        auto row = generation_row(3);
        row.kind = "date";
        row.rollback_of = 2;
        row.day = *parse_date("2030-06-01");
        const auto id = store.add_generation(row, small_bundle());
        REQUIRE(id);
        CHECK(*id == 3 + time);
        CHECK((*store.generation(*id))->day == row.day);
    }
    CHECK(query(folder.path(), {}).size() == 1);
    CHECK(count_in(folder.path(), "SELECT count(*) FROM pragma_foreign_key_check()") == 0);
    CHECK(count_in(folder.path(), "PRAGMA user_version") == 3);
    CHECK(count_in(folder.path(), "SELECT count(*) FROM code WHERE kind = 'action'") ==
          action_count);
    CHECK(count_in(folder.path(), "SELECT count(*) FROM history_view WHERE day = '2030-06-01'") ==
          2);
}

TEST_CASE("every action has its word, so that no row of it is left out", "[unit][agent]") {
    const TempFolder folder;
    open_store(folder.path());
    for (std::size_t i = 0; i < action_count; ++i) {
        INFO(name_of(static_cast<Action>(i)));
        CHECK(count_in(folder.path(),
                       "SELECT count(*) FROM code WHERE kind = 'action' AND number = " +
                           std::to_string(i) + " AND word = '" +
                           std::string{name_of(static_cast<Action>(i))} + "'") == 1);
    }
}

TEST_CASE("an unwritable state folder is one clear error", "[unit][agent]") {
    auto store = Store::open("/proc/synpol");
    REQUIRE_FALSE(store);
    CHECK(store.error().message().find("/proc/synpol") != std::string::npos);
}
