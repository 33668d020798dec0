// SPDX-License-Identifier: Apache-2.0
// Paths of every length, and the facts of a real task.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <bpf/bpf.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/attempt.h"
#include "compiler/image.h"
#include "tests/kernel/bpf_fixture.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

/// A path of exactly `length` bytes (2 or more) out of segments of at most 200.
std::string path_of(std::size_t length) {
    std::string path;
    while (path.size() < length) path += path.size() % 201 == 0 ? '/' : 'a';
    if (path.back() == '/') path.back() = 'a';
    return path;
}

Compiled path_policy(const std::vector<std::string>& globs) {
    std::vector<Rule> rules;
    for (const auto& glob : globs) {
        Rule rule = deny_syscall("p.rule" + std::to_string(rules.size()), SyscallSet::single(321));
        rule.subject = any_of({exe(glob), cgroup(glob)});
        rules.push_back(rule);
    }
    return compile_model(model_of(rules));
}

std::string own_cgroup() {
    std::ifstream file{"/proc/self/cgroup"};
    for (std::string line; std::getline(file, line);)
        if (line.rfind("0::", 0) == 0) return line.substr(3);
    return "/";
}

Attempt attempt_by(const std::string& exe_path, const std::string& cgroup_path) {
    Attempt attempt;
    attempt.subject.user = geteuid();
    attempt.subject.groups = std::vector<std::uint32_t>{getegid()};
    attempt.subject.exe = exe_path;
    attempt.subject.cgroup = cgroup_path;
    return attempt;
}

/// Runs this program again from a copy at `path`, as the hidden test below.
int run_copy(const std::string& path, int program) {
    const pid_t child = fork();
    if (child == 0) {
        const int kept = dup(program);
        setenv("SYNPOL_CHILD_PROGRAM", std::to_string(kept).c_str(), 1);
        execl(path.c_str(), "child", "[child]", nullptr);
        _exit(126);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("a path of any length up to 4,096 bytes decides correctly", "[kernel][bpf]") {
    DecisionPrograms programs;
    const auto exact = path_of(4'096);
    const auto compiled =
        path_policy({"/aaa*/**", "/**/aaaa", path_of(255), exact, "/" + std::string(7, 'a')});
    programs.use(compiled.image);
    const ImageReader reader{compiled.image};
    for (std::size_t length = 2; length <= 4'096; ++length) {
        const auto path = path_of(length);
        const auto got = programs.long_path(path);
        const auto atoms = reader.atoms_of(attempt_by(path, path));
        INFO("length " << length);
        if (got.exe_atom != atoms[SP_DIM_EXE]) FAIL("exe");
        if (got.cgroup_atom != atoms[SP_DIM_CGROUP]) FAIL("cgroup");
    }
}

TEST_CASE("an object's path of any length up to 4,096 bytes decides correctly", "[kernel][bpf]") {
    DecisionPrograms programs;
    std::vector<Rule> rules;
    for (const auto& glob : {std::string{"/aaa*/**"}, std::string{"/**/aaaa"}, path_of(255),
                             path_of(4'096), "/" + std::string(7, 'a')}) {
        Rule rule = deny_syscall("p.rule" + std::to_string(rules.size()), SyscallSet::all());
        rule.action = Action::read;
        rule.objects = {everything()};
        rule.objects.front().paths = PathSet::glob({glob});
        rules.push_back(rule);
    }
    const auto compiled = compile_model(model_of(rules));
    programs.use(compiled.image);
    const ImageReader reader{compiled.image};
    Attempt attempt;
    attempt.action = Action::read;
    for (std::size_t length = 2; length <= 4'096; ++length) {
        attempt.path = path_of(length);
        INFO("length " << length);
        if (programs.long_object(*attempt.path).exe_atom != reader.atoms_of(attempt)[SP_PLACE_PATH])
            FAIL("path");
    }
}

TEST_CASE("the facts of the calling task are read from the kernel", "[kernel][bpf]") {
    DecisionPrograms programs;
    const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    const auto cgroup_path = own_cgroup();
    Rule mine = deny_syscall("p.mine", SyscallSet::single(321));
    mine.subject = all_of({exe(self), cgroup(cgroup_path), user(IdSet::single(geteuid())),
                           group(IdSet::single(getegid()))});
    const auto compiled = compile_model(model_of({mine}));
    programs.use(compiled.image);
    sp_test_run_args args{};
    auto options = run_options(args);
    REQUIRE(bpf_prog_test_run_opts(programs.current_program(), &options) == 0);
    const auto atoms = ImageReader{compiled.image}.atoms_of(attempt_by(self, cgroup_path));
    CHECK(args.user == atoms[SP_DIM_USER]);
    CHECK(args.group == atoms[SP_DIM_GROUP]);
    CHECK(args.exe == atoms[SP_DIM_EXE]);
    CHECK(args.cgroup == atoms[SP_DIM_CGROUP]);
    CHECK(args.areas == 1u << SP_AREA_SYSCALL);
}

// Exit codes: 10 governed, 11 not.
TEST_CASE("child", "[.][child]") {
    const char* number = std::getenv("SYNPOL_CHILD_PROGRAM");
    REQUIRE(number != nullptr);
    sp_test_run_args args{};
    auto options = run_options(args);
    if (bpf_prog_test_run_opts(std::atoi(number), &options) != 0) std::_Exit(12);
    std::_Exit(args.areas != 0 ? 10 : 11);
}

TEST_CASE("an executable deep down is known by its whole path", "[kernel][bpf]") {
    DecisionPrograms programs;
    char folder[] = "/tmp/synpol-path-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    std::string deep = folder;
    while (deep.size() < 3'500) deep += "/" + std::string(180, 'd');
    std::filesystem::create_directories(deep);
    const auto copy = deep + "/x";
    std::filesystem::copy_file("/proc/self/exe", copy);

    Rule rule = deny_syscall("p.deep", SyscallSet::single(321));
    rule.subject = exe(copy);
    programs.use(compile_model(model_of({rule})).image);
    CHECK(run_copy(copy, programs.current_program()) == 10);
    std::filesystem::copy_file(copy, deep + "/xx");
    CHECK(run_copy(deep + "/xx", programs.current_program()) == 11);
    std::filesystem::remove_all(folder);
}
