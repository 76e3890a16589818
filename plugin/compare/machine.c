#include "compare/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

static char *kernel(void)
{
    struct utsname name;

    return uname(&name) ? str_dup("unknown")
                        : str_printf("%s %s %s", name.sysname, name.release, name.machine);
}

/* "model name : ..." of the first CPU; not every architecture has it. */
static char *cpu_model(void)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];
    char *model = NULL;

    while (file && !model && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');

        if (colon && strncmp(line, "model name", strlen("model name")) == 0) {
            line[strcspn(line, "\n")] = '\0';
            model = str_dup(colon + 1 + strspn(colon + 1, " "));
        }
    }
    if (file) {
        fclose(file);
    }
    return model ? model : str_dup("unknown");
}

static double load(void)
{
    double average;

    return getloadavg(&average, 1) == 1 ? average : 0;
}

void machine_before(struct compare_result *result)
{
    char text[sizeof "2026-01-01T00:00:00Z"];
    time_t now = time(NULL);
    struct tm utc;
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    result->started = str_dup(text);
    result->kernel = kernel();
    result->cpu = cpu_model();
    result->n_cpus = n > 0 ? (unsigned)n : 1;
    result->load_before = load();
    result->seconds = -(double)clock_us() / 1e6;
}

void machine_after(struct compare_result *result)
{
    result->seconds += (double)clock_us() / 1e6;
    result->load_after = load();
}
