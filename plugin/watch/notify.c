#include "watch/notify.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/mem.h"

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#else
static void sd_notify(int unset_environment, const char *state)
{
    (void)unset_environment;
    (void)state;
}
#endif

void notify_ready(void)
{
    sd_notify(0, "READY=1");
}

void notify_reloading(void)
{
    /* The time is for Type=notify-reload, which wants the monotonic clock's (sd_notify(3)). */
    auto_free char *state = str_printf("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_us());

    sd_notify(0, state);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void notify_status(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *text = str_vprintf(format, args);
    va_end(args);
    auto_free char *state = str_printf("STATUS=%s", text);
    sd_notify(0, state);
}
