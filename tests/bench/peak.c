// SPDX-License-Identifier: Apache-2.0
// peak COMMAND ARGUMENT...: runs it and prints milliseconds and the largest resident memory in MiB,
// separated by a tab. Exits like the command.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char** arguments) {
    const double begin = seconds();
    struct rusage usage;
    int status;
    pid_t child;

    if (count < 2) return 2;
    child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout)) _exit(126);
        execvp(arguments[1], arguments + 1);
        perror(arguments[1]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) return 2;
    printf("%.0f\t%.0f\n", (seconds() - begin) * 1e3, (double)usage.ru_maxrss / 1024);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
