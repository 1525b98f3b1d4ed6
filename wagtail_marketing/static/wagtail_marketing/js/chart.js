/* wm-chart: draws the data of its element with Chart.js and folds the table of figures under it. Without
   this script the table stands open and says the same. Colours are read from the page's variables, again
   whenever the theme changes. */
(() => {
    const { Controller } = window.StimulusModule;

    class ChartController extends Controller {
        static targets = ["frame", "canvas", "table"];

        static values = { data: Object };

        connect() {
            if (!window.Chart) return;
            if (!("keepOpen" in this.tableTarget.dataset)) this.tableTarget.open = false;
            if (!this.hasFrameTarget) return;
            this.frameTarget.hidden = false;
            this.redraw = () => this.draw();
            this.scheme = window.matchMedia("(prefers-color-scheme: dark)");
            this.scheme.addEventListener("change", this.redraw);
            this.observer = new MutationObserver(this.redraw);
            this.observer.observe(document.documentElement, { attributeFilter: ["class"] });
            this.draw();
        }

        disconnect() {
            this.scheme?.removeEventListener("change", this.redraw);
            this.observer?.disconnect();
            this.chart?.destroy();
        }

        draw() {
            const style = getComputedStyle(document.documentElement);
            const colour = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
            const text = colour("--w-color-text-label", "#333");
            const grid = colour("--w-color-border-furniture", "#ccc");
            const { kind, labels, series, stacked } = this.dataValue;
            const dashes = [[], [6, 4], [2, 3], [10, 4, 2, 4], [1, 4], [12, 4]];
            const points = ["circle", "rect", "triangle", "rectRot", "star", "cross"];
            this.chart?.destroy();
            this.chart = new window.Chart(this.canvasTarget, {
                type: kind,
                data: {
                    labels,
                    datasets: series.map((one, index) => ({
                        label: one.label,
                        data: one.values,
                        texts: one.texts,
                        borderColor: colour(`--wm-series-${(index % 6) + 1}`, text),
                        backgroundColor: colour(`--wm-series-${(index % 6) + 1}`, text),
                        borderDash: dashes[index % 6],
                        pointStyle: points[index % 6],
                        borderWidth: 2,
                        pointRadius: labels.length > 45 ? 0 : 3,
                        tension: 0.2,
                    })),
                },
                options: {
                    animation: false,
                    maintainAspectRatio: false,
                    interaction: { intersect: false, mode: "index" },
                    plugins: {
                        legend: {
                            display: series.length > 1,
                            labels: { color: text, usePointStyle: true, boxHeight: 7, boxWidth: 7 },
                        },
                        tooltip: {
                            callbacks: {
                                label: (item) => `${item.dataset.label}: ${item.dataset.texts[item.dataIndex]}`,
                            },
                        },
                    },
                    scales: {
                        x: { stacked, ticks: { color: text, maxRotation: 0, autoSkipPadding: 12 }, grid: { color: grid } },
                        y: { stacked, beginAtZero: true, ticks: { color: text }, grid: { color: grid } },
                    },
                },
            });
        }
    }

    window.wagtail.app.register("wm-chart", ChartController);
})();
