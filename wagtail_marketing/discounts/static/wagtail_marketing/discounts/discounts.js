/* The discount form: the sentence that follows the fields, and lists of words as chips. */
(() => {
    const { Controller } = window.StimulusModule;
    const gettext = window.gettext || ((text) => text);

    /* wm-summary: asks the server for the sentence when the fields rest for a moment. */
    class SummaryController extends Controller {
        static targets = ["text"];

        static values = { url: String, discount: String, failed: String };

        disconnect() {
            clearTimeout(this.timer);
        }

        later() {
            clearTimeout(this.timer);
            this.timer = setTimeout(() => this.load(), 350);
        }

        async load() {
            const body = new FormData(this.element.closest("form"));
            body.set("discount", this.discountValue);
            this.asked = (this.asked || 0) + 1;
            const mine = this.asked;
            try {
                const response = await fetch(this.urlValue, { method: "POST", body });
                if (!response.ok) throw new Error(String(response.status));
                const { sentence } = await response.json();
                // An answer that was overtaken by a later question says nothing any more.
                if (mine === this.asked) this.textTarget.textContent = sentence;
            } catch {
                if (mine === this.asked) this.textTarget.textContent = this.failedValue;
            }
        }
    }

    /* wm-words: chips over a text area that stays the field which is sent. */
    class WordsController extends Controller {
        connect() {
            this.area = this.element.querySelector("textarea");
            this.list = document.createElement("ul");
            this.list.className = "wm-words__list";
            this.input = document.createElement("input");
            this.input.type = "text";
            this.input.id = `${this.area.id}-input`;
            const suggestions = this.element.querySelector("datalist");
            if (suggestions) this.input.setAttribute("list", suggestions.id);
            const label = document.querySelector(`label[for="${this.area.id}"]`);
            if (label) {
                label.htmlFor = this.input.id;
                this.label = label;
            }
            const described = this.area.getAttribute("aria-describedby");
            if (described) this.input.setAttribute("aria-describedby", described);
            this.input.addEventListener("keydown", (event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                this.add();
            });
            this.input.addEventListener("change", () => this.add());
            this.area.hidden = true;
            this.element.append(this.list, this.input);
            this.draw();
        }

        disconnect() {
            this.list.remove();
            this.input.remove();
            this.area.hidden = false;
            if (this.label) this.label.htmlFor = this.area.id;
        }

        get words() {
            return this.area.value
                .split("\n")
                .map((word) => word.trim())
                .filter(Boolean);
        }

        set words(words) {
            this.area.value = words.join("\n");
            this.area.dispatchEvent(new Event("change", { bubbles: true }));
            this.draw();
        }

        add() {
            const word = this.input.value.trim();
            this.input.value = "";
            if (word && !this.words.includes(word)) this.words = [...this.words, word];
        }

        remove(word) {
            this.words = this.words.filter((other) => other !== word);
            this.input.focus();
        }

        draw() {
            this.list.replaceChildren(
                ...this.words.map((word) => {
                    const item = document.createElement("li");
                    const button = document.createElement("button");
                    button.type = "button";
                    button.className = "wm-words__remove";
                    button.textContent = "×";
                    button.setAttribute("aria-label", `${gettext("Remove")} ${word}`);
                    button.addEventListener("click", () => this.remove(word));
                    item.append(word, button);
                    return item;
                }),
            );
        }
    }

    window.wagtail.app.register("wm-summary", SummaryController);
    window.wagtail.app.register("wm-words", WordsController);
})();
