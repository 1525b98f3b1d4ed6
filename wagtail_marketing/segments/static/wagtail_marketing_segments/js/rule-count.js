/* The live count: asks the server whom the rules choose, one question at a time. An answer to an older
   question is never shown; without an answer the last figures stay, greyed. */
(() => {
    const { el, button } = window.wmRules;
    const SLOW_MS = 600;
    const LOST_MS = 20000;

    class Counter {
        constructor({ box, people, url, strings, onAnswer, onFault }) {
            Object.assign(this, { box, people, url, strings, onAnswer, onFault });
            this.notice = el("p", { class: "wm-rules__notice", hidden: true });
            this.sample = el("p", { class: "wm-rules__sample" });
            this.sentence = el("p", { class: "wm-rules__sentence" });
            box.append(this.notice, this.sample, this.sentence);
            box.hidden = false;
        }

        /* What is shown is no longer what the rules say. */
        outdate() {
            this.box.toggleAttribute("data-stale", true);
        }

        stop() {
            clearTimeout(this.slow);
            clearTimeout(this.lost);
            this.running?.abort();
        }

        async ask(question) {
            this.stop();
            const running = new AbortController();
            this.running = running;
            this.outdate();
            this.slow = setTimeout(() => this.tell(this.strings.counting), SLOW_MS);
            this.lost = setTimeout(() => {
                running.late = true;
                running.abort();
            }, LOST_MS);
            let answer;
            try {
                answer = await this.fetch(question, running.signal);
            } catch {
                if (this.running !== running || (running.signal.aborted && !running.late)) return;
                this.fail(question);
                return;
            } finally {
                if (this.running === running) {
                    clearTimeout(this.slow);
                    clearTimeout(this.lost);
                }
            }
            if (this.running !== running) return;
            this.show(answer);
            this.onAnswer(answer);
        }

        async fetch(question, signal) {
            const config = JSON.parse(document.getElementById("wagtail-config")?.textContent ?? "{}");
            const response = await fetch(this.url, {
                method: "POST",
                signal,
                headers: {
                    "Content-Type": "application/json",
                    [config.CSRF_HEADER_NAME ?? "X-CSRFToken"]: config.CSRF_TOKEN ?? "",
                    "X-Requested-With": "XMLHttpRequest",
                },
                body: JSON.stringify(question),
            });
            const answer = await response.json();
            if (!answer.errors) throw new Error(String(response.status));
            return answer;
        }

        show(answer) {
            const counted = answer.count !== null;
            this.box.toggleAttribute("data-stale", !counted);
            if (counted) {
                this.people.textContent = answer.text;
                this.sample.textContent = answer.sample.length
                    ? `${this.strings.forExample}: ${answer.sample.join(", ")}`
                    : "";
                this.sentence.textContent = answer.sentence;
            }
            const text = [counted ? "" : answer.text, answer.notice].filter(Boolean).join(" ");
            this.tell(text || (answer.errors.length ? answer.errors[0].message : ""));
            if (answer.errors.length) {
                this.notice.append(" ", button(this.strings.showFault, () => this.onFault()));
            }
        }

        fail(question) {
            this.tell(this.strings.failed);
            this.notice.append(" ", button(this.strings.retry, () => this.ask(question)));
        }

        tell(text) {
            this.notice.textContent = text;
            this.notice.hidden = !text;
        }
    }

    Object.assign(window.wmRules, { Counter });
})();
